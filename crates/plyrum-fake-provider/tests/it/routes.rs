//! Lists of models, versions, tokens, and replies chosen by path.

use std::time::Duration;

use plyrum_fake_provider::{FakeProvider, Fault, OAuth, Reply, Script, Setup};

use crate::{ask, get, post};

#[test]
fn models_are_listed_as_each_wire_lists_them() {
    let fake = Setup::new(Script::new()).models(&["small", "large"]).spawn();
    let names = |path: &str, headers: &str, list: &str, name: &str| {
        let got = ask(&fake, &format!("GET {path}"), headers, "");
        assert_eq!(got.status(), 200, "{path}");
        let body = got.json();
        let entries = body[list].as_array().unwrap().clone();
        (entries.iter().map(|entry| entry[name].as_str().unwrap().to_owned()).collect::<Vec<_>>(), body)
    };
    for path in ["/v1/models", "/models"] {
        let (listed, body) = names(path, "", "data", "id");
        assert_eq!((listed, body["object"].as_str()), (vec!["small".into(), "large".into()], Some("list")));
    }
    let (listed, body) = names("/v1/models?limit=9", "Anthropic-Version: 2023-06-01\r\n", "data", "id");
    assert_eq!(
        (listed.len(), body["has_more"].as_bool(), body["last_id"].as_str()),
        (2, Some(false), Some("large"))
    );
    assert_eq!(names("/v1beta/models", "", "models", "name").0, ["models/small", "models/large"]);
    assert_eq!(names("/api/tags", "", "models", "model").0, ["small", "large"]);
    assert!(get(&fake, "/api/version").json()["version"].is_string());
    assert_eq!(fake.requests().len(), 6);
}

#[test]
fn a_server_without_lists_is_no_ollama() {
    let fake = FakeProvider::spawn(Script::new());
    for path in ["/v1/models", "/api/tags", "/api/version", "/v1beta/models"] {
        assert_eq!(get(&fake, path).status(), 404, "{path}");
    }
    assert_eq!(post(&fake, "/api/v2/oauth", "scope=x").status(), 404);
}

const RQUID: &str = "RqUID: 6f0b1291-c7f3-43c6-bb2e-9f3efb2dc98e\r\n";
const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";
const BASIC: &str = "Authorization: Basic a2V5\r\n";

fn token(fake: &FakeProvider, headers: &str, body: &str) -> crate::Got {
    ask(fake, "POST /api/v2/oauth", headers, body)
}

#[test]
fn tokens_are_given_out_and_counted() {
    let headers = [BASIC, RQUID, FORM].concat();
    let fake = Setup::new(Script::new()).oauth(OAuth::new().expires_at_ms(1_700_000_000_123)).spawn();
    for n in 1..3 {
        let body = token(&fake, &headers, "scope=GIGACHAT_API_PERS").json();
        assert_eq!(body["access_token"], format!("fake-token-{n}"));
        assert_eq!(body["expires_at"], 1_700_000_000_123_u64);
    }
    assert_eq!((fake.tokens(), fake.requests()[0].header("rquid").is_some()), (2, true));
    let fake = Setup::new(Script::new()).oauth(OAuth::new().tok().expires_at_ms(1_700_000_000_123)).spawn();
    let body = token(&fake, &headers, "scope=x").json();
    assert_eq!((body["tok"].as_str(), body["exp"].as_u64()), (Some("fake-token-1"), Some(1_700_000_000)));
    let (short, long) = (OAuth::new().lives(Duration::ZERO), OAuth::new());
    let ends = |oauth| {
        let fake = Setup::new(Script::new()).oauth(oauth).spawn();
        token(&fake, &headers, "scope=x").json()["expires_at"].as_u64().unwrap()
    };
    assert!(ends(short) + 29 * 60 * 1000 < ends(long));
}

#[test]
fn a_request_for_a_token_that_lacks_something_is_told_what() {
    let fake = Setup::new(Script::new()).oauth(OAuth::new()).spawn();
    let bad_id = "RqUID: 1\r\n";
    for (headers, body, status, word) in [
        ([RQUID, FORM, ""], "scope=x", 401, "Authorization"),
        (["Authorization: Bearer a2V5\r\n", RQUID, FORM], "scope=x", 401, "Authorization"),
        ([BASIC, FORM, ""], "scope=x", 400, "RqUID"),
        ([BASIC, bad_id, FORM], "scope=x", 400, "RqUID"),
        ([BASIC, RQUID, ""], "scope=x", 400, "form"),
        ([BASIC, RQUID, FORM], "", 400, "scope"),
        ([BASIC, RQUID, FORM], "scope=", 400, "scope"),
    ] {
        let got = token(&fake, &headers.concat(), body);
        assert_eq!(got.status(), status, "{headers:?} {body}");
        assert!(got.body.contains(word), "{headers:?} {body}: {}", got.body);
    }
    assert_eq!(fake.tokens(), 0);
}

#[test]
fn a_path_has_replies_of_its_own_and_can_fall_back_to_the_usual() {
    let script = Script::new()
        .for_path("/oauth", Reply::refuses(503, Fault::Overloaded, "busy"))
        .for_path("/oauth", Reply::usual())
        .for_path("/v1/models", Reply::json("mine"))
        .for_path("/models", Reply::json("of any version"))
        .for_path("/v1/messages", Reply::answer("by path", 1, 2))
        .for_path("/elsewhere", Reply::json("{}"))
        .then(Reply::json("by order"));
    let fake = Setup::new(script).oauth(OAuth::new()).models(&["m"]).spawn();
    let headers = [BASIC, RQUID, FORM].concat();
    let statuses: Vec<_> = (0..3).map(|_| token(&fake, &headers, "scope=x").status()).collect();
    assert_eq!((statuses, fake.tokens()), (vec![503, 200, 200], 2));
    assert_eq!(get(&fake, "/v1/models?page=2").body, "mine");
    assert_eq!(get(&fake, "/v2/models").body, "of any version");
    assert_eq!(get(&fake, "/elsewhere").status(), 200);
    for _ in 0..2 {
        assert!(post(&fake, "/v1/messages", "{}").body.contains("message_stop"));
    }
    assert_eq!(post(&fake, "/v1/responses", "{}").body, "by order");
}

#[test]
fn a_path_in_a_file_and_the_model_in_geminis_path() {
    let toml = r#"
        [[reply]]
        path = "/oauth"
        usual = true

        [[reply]]
        model = "pro"
        steps = [{ text = "for pro" }]
    "#;
    let fake = FakeProvider::spawn(Script::from_toml(toml).unwrap());
    let got = post(&fake, "/v1beta/models/pro:streamGenerateContent?alt=sse", "{}");
    assert!(got.body.contains("for pro"), "{}", got.body);
    assert_eq!(fake.requests()[0].model().as_deref(), Some("pro"));
    let both = "[[reply]]\npath = \"/a\"\nmodel = \"b\"";
    assert!(Script::from_toml(both).unwrap_err().to_string().contains("not both"));
}
