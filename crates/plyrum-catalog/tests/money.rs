//! The catalogue as the source of every price: what it answers, and when it refuses to.

#![expect(clippy::expect_used, reason = "a test fails by panicking, with the reason")]

use plyrum_billing_client::{AttemptBound, Billing, MicroRub, PerMillion, Usage, cost};
use plyrum_catalog::{Catalog, PriceBasis, Sections};
use proptest::prelude::*;

const TEXT: &str = r#"
[providers.lab]
kind = "openai-chat"
base_url = "http://127.0.0.1:9001/v1"

[models.usd]
provider = "lab"
name = "usd"
context_tokens = 1000
price = { currency = "USD", input = "3.00", cache_read = "0.30", cache_write_5m = "3.75", output = "15.00" }

[models.rub]
provider = "lab"
name = "rub"
context_tokens = 1000
price = { currency = "RUB", input = "400", output = "400" }

[models.eur]
provider = "lab"
name = "eur"
context_tokens = 1000
price = { currency = "EUR", input = "1", output = "1" }

[models.unpriced]
provider = "lab"
name = "unpriced"
context_tokens = 1000

[fx]
USD = { rate = "80.1234", date = "2026-11-20", source = "Bank of Russia" }
"#;

fn catalog_of(text: &str) -> Catalog {
    let user: Sections = toml::from_str(text).expect("parses");
    Catalog::build(&Sections::shipped().expect("built-in files parse"), &user).expect("valid")
}

fn usage() -> Usage {
    Usage {
        input: 1234,
        cache_read: 56789,
        cache_write_5m: 2048,
        output: 265,
        reasoning: 512,
        ..Usage::default()
    }
}

#[test]
fn a_price_in_dollars_is_charged_at_the_dated_rate() {
    // The vector `usd-once-after-fx`.
    assert_eq!(catalog_of(TEXT).charge("usd", &usage()), Ok(MicroRub::new(3_210_842)));
}

#[test]
fn a_price_in_rubles_needs_no_rate_and_takes_no_markup() {
    let marked_up = catalog_of(&TEXT.replace("[fx]", "[fx]\nmarkup_bps = 5000"));
    let thousand = Usage { input: 1000, ..Usage::default() };
    assert_eq!(marked_up.charge("rub", &thousand), Ok(MicroRub::new(400_000)));
    let dollars = |catalog: &Catalog| catalog.charge("usd", &thousand).expect("priced");
    assert!(dollars(&marked_up) > dollars(&catalog_of(TEXT)));
}

#[test]
fn offline_models_are_free_because_they_say_so() {
    let catalog = catalog_of("");
    for model in ["offline/lead", "offline/central", "offline/query", "offline/synth"] {
        assert_eq!(catalog.charge(model, &usage()), Ok(MicroRub::ZERO));
    }
}

#[test]
fn what_has_no_price_is_refused_at_use_and_never_zero() {
    let catalog = catalog_of(TEXT);
    let bound = AttemptBound { input_tokens: 1, max_output_tokens: 1 };
    for (model, says) in
        [("unpriced", "has no price"), ("eur", "[fx] EUR = "), ("nobody/knows", "no model `nobody/knows`")]
    {
        let error = catalog.charge(model, &Usage::default()).expect_err("even for nothing");
        assert_eq!(error.code(), "price_unknown");
        assert!(error.to_string().contains(says), "{error}");
        assert_eq!(catalog.hold(model, &bound), Err(error.clone()));
        assert_eq!(catalog.affordable_output(model, MicroRub::new(1), 1), Err(error.clone()));
        assert_eq!(catalog.price_basis(model), Err(error));
    }
}

#[test]
fn a_charge_recomputes_from_the_stored_basis_when_the_catalogue_has_moved_on() {
    let catalog = catalog_of(TEXT);
    let charged = catalog.charge("usd", &usage());
    let stored = serde_json::to_string(&catalog.price_basis("usd").expect("priced")).expect("serialises");
    let basis: PriceBasis = serde_json::from_str(&stored).expect("reads back");
    assert_eq!(cost(&usage(), &basis.card, &basis.fx), charged);
    let later = catalog_of(&TEXT.replace("80.1234", "99"));
    assert_ne!(later.charge("usd", &usage()), charged);
}

#[test]
fn versions_change_with_the_content_and_only_with_it() {
    let versions = |text: &str| {
        let catalog = catalog_of(text);
        let basis = catalog.price_basis("usd").expect("priced");
        (catalog.version, basis.price_version, basis.fx_version)
    };
    let (catalog, price, fx) = versions(TEXT);
    assert_eq!(versions(&TEXT.replace("3.00", "3.0")), (catalog.clone(), price.clone(), fx.clone()));
    let (dearer_catalog, dearer, same_fx) = versions(&TEXT.replace("3.00", "3.01"));
    assert!(dearer_catalog != catalog && dearer != price && same_fx == fx);
    for edit in [("80.1234", "80.1235"), ("2026-11-20", "2026-11-21"), ("[fx]", "[fx]\nmarkup_bps = 1")] {
        let (_, same_price, other_fx) = versions(&TEXT.replace(edit.0, edit.1));
        assert!(same_price == price && other_fx != fx, "{edit:?}");
    }
}

#[test]
fn price_versions_are_pinned_so_that_stored_rows_stay_valid() {
    let basis = catalog_of(TEXT).price_basis("rub").expect("priced");
    // printf '["RUB",{"input":400000000,"output":400000000}]' | sha256sum
    assert_eq!(basis.price_version, "e6557a7043bbac55a38a5158efcab0e2");
    assert_eq!(basis.fx_version, "rub");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn decimal_text_reaches_the_card_exactly(micro in 0..=10_000_000_000_000_u64) {
        let text = format!("{}.{:06}", micro / 1_000_000, micro % 1_000_000);
        let catalog = catalog_of(&TEXT.replace("\"400\"", &format!("\"{text}\"")));
        let card = catalog.price_basis("rub").expect("priced").card;
        prop_assert_eq!(card.base.input.map(PerMillion::get), Some(micro));
    }

    #[test]
    fn no_text_in_place_of_a_value_makes_building_panic(value in "\\PC{0,30}") {
        let quoted = toml::Value::String(value).to_string();
        for old in ["\"3.00\"", "\"USD\"", "\"80.1234\"", "\"2026-11-20\"", "\"http://127.0.0.1:9001/v1\"", "\"lab\""] {
            let text = TEXT.replacen(old, &quoted, 1);
            let user: Sections = toml::from_str(&text).expect("a text is the right type everywhere");
            let _ = Catalog::build(&Sections::default(), &user);
        }
    }
}
