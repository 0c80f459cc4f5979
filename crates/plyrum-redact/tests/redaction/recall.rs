//! Of the secrets that a seed makes, nearly all are found, in every kind of place.

use plyrum_redact::Redactor;

use crate::generate::kinds::KINDS;
use crate::generate::recall::measure;

#[test]
fn at_least_99_of_100_generated_secrets_are_found() {
    assert!(KINDS.len() >= 200, "{} kinds", KINDS.len());
    let recall = measure(&Redactor::new([1; 32], []), 50, false);
    println!("{} of {} found, {} kinds", recall.found, recall.placed, recall.kinds);
    for miss in &recall.misses {
        println!("{miss}");
    }
    assert!(recall.placed >= KINDS.len() * 50 && recall.found * 100 >= recall.placed * 99);
}

#[test]
fn the_table_knows_at_least_two_hundred_kinds() {
    let kinds = Redactor::kinds().count();
    println!("{kinds} kinds");
    assert!(kinds >= 200, "{kinds}");
}
