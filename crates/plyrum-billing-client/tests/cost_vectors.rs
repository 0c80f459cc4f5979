//! The formula against vectors of usage, price and rate with a figure or an error: the project's own
//! copy, and whatever file `PLYRUM_COST_VECTORS` names.

#![expect(clippy::expect_used, reason = "a test fails by panicking, with the reason")]

use std::path::Path;

use plyrum_billing_client::{Fx, RateCard, Usage, cost};
use serde::Deserialize;

#[derive(Deserialize)]
struct Vectors {
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    id: String,
    usage: Usage,
    price: RateCard,
    fx: Fx,
    micro_rub: Option<String>,
    error: Option<String>,
}

impl Vector {
    /// What is wrong with this vector's result, if anything.
    fn fault(&self) -> Option<String> {
        let expected = match (&self.micro_rub, &self.error) {
            (Some(figure), None) => Ok(figure.clone()),
            (None, Some(code)) => Err(code.clone()),
            _ => return Some(format!("{}: needs exactly one of micro_rub and error", self.id)),
        };
        let actual = cost(&self.usage, &self.price, &self.fx)
            .map(|amount| amount.get().to_string())
            .map_err(|error| error.code().to_owned());
        (actual != expected).then(|| format!("{}: expected {expected:?}, got {actual:?}", self.id))
    }
}

fn check(path: &Path) -> usize {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let file: Vectors =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let faults: Vec<String> = file.vectors.iter().filter_map(Vector::fault).collect();
    assert!(faults.is_empty(), "{}:\n{}", path.display(), faults.join("\n"));
    file.vectors.len()
}

#[test]
fn our_own_vectors_hold() {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/cost.json");
    assert_eq!(check(&ours), 80, "the copy holds all vectors");
}

#[test]
fn vectors_named_by_the_environment_hold() {
    if let Some(path) = std::env::var_os("PLYRUM_COST_VECTORS") {
        assert!(check(Path::new(&path)) > 0, "the named file holds no vector");
    }
}

#[test]
fn a_stored_charge_recomputes_from_its_json() {
    let text = include_str!("data/cost.json");
    let file: Vectors = serde_json::from_str(text).expect("our copy parses");
    for vector in &file.vectors {
        let card: RateCard = reread(&vector.price);
        let usage: Usage = reread(&vector.usage);
        let fx: Fx = reread(&vector.fx);
        let stored = (&card, &usage, &fx);
        assert_eq!(stored, (&vector.price, &vector.usage, &vector.fx), "{}", vector.id);
        assert_eq!(cost(&usage, &card, &fx), cost(&vector.usage, &vector.price, &vector.fx), "{}", vector.id);
    }
}

fn reread<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T) -> T {
    let text = serde_json::to_string(value).expect("serialises");
    serde_json::from_str(&text).expect("reads back")
}
