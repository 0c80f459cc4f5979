//! Pictures as input: sent to models that take them, refused to others before anything is sent, held only where somebody
//! knows what they come to, kept with the session and sent again.

use crate::world::{FakeProvider, LAB_PRICE, Reply, Script, World, conforms};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

/// A whole PNG of one point.
const POINT: [u8; 67] = [
    0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', 0, 0, 0, 13, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0,
    0, 1, 8, 0, 0, 0, 0, 0x3a, 0x7e, 0x9b, 0x55, 0, 0, 0, 10, b'I', b'D', b'A', b'T', 0x78, 0xda, 0x63, 0x60,
    0, 0, 0, 2, 0, 1, 0xe5, 0x27, 0xde, 0xfc, 0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xae, 0x42, 0x60, 0x82,
];

/// The first bytes of a JPEG, which is as much as anybody here looks at.
const PHOTO: &[u8] = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00 and so on";

fn answering() -> Script {
    Script::new().always(Reply::answer("A point.", 1200, 3))
}

/// Models of one server: `lab/sees` and `lab/tells` take pictures, the second on another wire; of `lab/odd` nobody says what
/// a picture comes to; `lab/blind` takes none, and of `lab/dark` it is not known.
fn seeing_lab(world: &World, script: Script, at_the_end: &str) -> FakeProvider {
    let fake = FakeProvider::spawn(script);
    let model = |name: &str, provider: &str, more: &str| {
        format!(
            "[models.\"lab/{name}\"]\nprovider = \"{provider}\"\nname = \"{name}\"\ncontext_tokens = 128000\n\
             tools = false\nmax_output_tokens = 1000\nprice = {LAB_PRICE}\n{more}\n"
        )
    };
    let models = [
        model("sees", "lab", "images = true\nimage_tokens = 1500"),
        model("tells", "other", "images = true\nimage_tokens = 1500"),
        model("odd", "lab", "images = true"),
        model("blind", "lab", "images = false"),
        model("dark", "lab", ""),
    ];
    let (url, origin) = (fake.base_url(), fake.origin());
    world.config(&format!(
        "[defaults]\nmodel = \"lab/sees\"\n[providers.lab]\nkind = \"openai-chat\"\nbase_url = \"{url}\"\n\
         [providers.other]\nkind = \"anthropic\"\nbase_url = \"{origin}\"\n{}\n\
         [fx]\nUSD = {{ rate = \"80.1234\", date = \"2026-11-20\", source = \"a test\" }}\n{at_the_end}",
        models.concat()
    ));
    fake
}

/// The parts of the n-th message of a request.
fn parts(request: &Value, message: usize) -> &Vec<Value> {
    request["messages"][message]["content"].as_array().unwrap_or_else(|| panic!("{request}"))
}

fn url(media: &str, bytes: &[u8]) -> Value {
    json!({ "type": "image_url", "image_url": { "url": format!("data:{media};base64,{}", STANDARD.encode(bytes)) } })
}

/// The folder in which the session of a result keeps its pictures.
fn folder(world: &World, result: &Value) -> PathBuf {
    world.home().join(format!("data/sessions/{}.pictures", result["session"].as_str().unwrap()))
}

fn user_message(request: &Value) -> usize {
    let messages = request["messages"].as_array().unwrap();
    messages.iter().position(|message| message["role"] == "user").unwrap()
}

#[test]
fn a_picture_goes_out_byte_for_byte_on_every_wire_that_has_pictures() {
    let world = World::new();
    let fake = seeing_lab(&world, answering(), "");
    world.file("point.txt", POINT);
    let result = world.json(["ask", "--no-stdin", "--json", "-f", "point.txt", "What is it?"]);
    conforms("result", &result);
    assert_eq!((&result["answer"], &result["model"]), (&"A point.".into(), &"lab/sees".into()), "{result}");
    let sent = fake.requests()[0].json();
    let asked = parts(&sent, user_message(&sent));
    assert!(asked[0]["text"].as_str().unwrap().contains("<attachment name=\"point.txt\">"), "{sent}");
    assert_eq!(asked[1], url("image/png", &POINT), "what it is, its bytes tell and not its name");

    world.json(["ask", "--no-stdin", "--json", "-m", "lab/tells", "-f", "point.txt", "What is it?"]);
    let sent = fake.requests()[1].json();
    let source = json!({ "type": "base64", "media_type": "image/png", "data": STANDARD.encode(POINT) });
    let asked = parts(&sent, 0);
    assert!(asked.contains(&json!({ "type": "image", "source": source })), "{sent}");

    let piped = world.plyrum(["ask", "--json", "What is it?"]).stdin(PHOTO).run();
    piped.ok();
    let sent = fake.requests()[2].json();
    assert_eq!(parts(&sent, user_message(&sent))[1], url("image/jpeg", PHOTO));
    world.is_sound();
}

#[test]
fn the_hold_covers_what_pictures_come_to_and_the_record_has_all_but_their_bytes() {
    let world = World::new();
    let _fake = seeing_lab(&world, answering(), "");
    world.file("point.png", POINT);
    let range = |args: [&str; 5]| world.json(args)["price_high_micro_rub"].as_i64().unwrap();
    let without = range(["ask", "--no-stdin", "--json", "--dry-run", "What is it?"]);
    let out =
        world.plyrum(["ask", "--no-stdin", "--json", "--dry-run", "-f", "point.png", "What is it?"]).run();
    let with = out.json()["price_high_micro_rub"].as_i64().unwrap();
    let of_tokens = |tokens: i64| tokens * 3 * 801_234 / 10_000;
    assert!((of_tokens(1500)..of_tokens(1500 + 300)).contains(&(with - without)), "{without} {with}");

    let result = world.json(["ask", "--no-stdin", "--json", "-f", "point.png", "What is it?"]);
    let run = result["run"].as_str().unwrap();
    let records = world.json(["audit", "search", "--json", "--run", run]).to_string();
    let kept: Vec<_> =
        fs::read_dir(folder(&world, &result)).unwrap().map(|entry| entry.unwrap().path()).collect();
    let [kept] = kept.as_slice() else { panic!("{kept:?}") };
    assert_eq!(fs::read(kept).unwrap(), POINT);
    let mode = |path: &PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(kept), mode(&folder(&world, &result))), (0o600, 0o700));
    let hash = kept.file_name().unwrap().to_str().unwrap();
    assert!(
        records.contains(hash) && records.contains("image/png") && records.contains("point.png"),
        "{records}"
    );
    let session = result["session"].as_str().unwrap();
    let log = fs::read_to_string(world.home().join(format!("data/sessions/{session}.jsonl"))).unwrap();
    for text in [&records, &log, &world.log()] {
        assert!(!text.contains(&STANDARD.encode(&POINT[..30])), "the bytes are nowhere else");
    }
    let shown = world.plyrum(["transcript", "show", session]).run();
    assert!(shown.ok().contains("point.png (picture, 67 B)"), "{shown}");
    let transcript = world.json(["transcript", "show", session, "--json"]);
    conforms("transcript", &transcript);
    assert_eq!(transcript["turns"][0]["pictures"][0]["sha256"], hash);
    world.is_sound();
}

#[test]
fn a_conversation_that_goes_on_sends_its_pictures_again_until_they_are_gone() {
    let world = World::new();
    let fake = seeing_lab(&world, answering(), "");
    world.file("point.png", POINT);
    let first = world.json(["ask", "--no-stdin", "--json", "-f", "point.png", "What is it?"]);
    world.json(["ask", "--no-stdin", "--json", "--continue", "And what colour?"]);
    let (begun, again) = (fake.requests()[0].json(), fake.requests()[1].json());
    let shared = begun["messages"].as_array().unwrap();
    assert_eq!(&again["messages"].as_array().unwrap()[..shared.len()], shared.as_slice(), "as it was");

    world.json(["ask", "--no-stdin", "--json", "--continue", "-m", "lab/blind", "In one word?"]);
    let blind = fake.requests()[2].json();
    assert!(!blind.to_string().contains("image_url") && blind.to_string().contains("point.png"), "{blind}");

    fs::remove_dir_all(folder(&world, &first)).unwrap();
    world.json(["ask", "--no-stdin", "--json", "--continue", "Are you sure?"]);
    let gone = fake.requests()[3].json().to_string();
    assert!(gone.contains("[picture point.png is no longer here]") && !gone.contains("image_url"), "{gone}");
    world.is_sound();
}

#[test]
fn pictures_go_with_their_session_into_a_copy_and_off_the_disk() {
    let world = World::new();
    let fake = seeing_lab(&world, answering(), "");
    world.file("point.png", POINT);
    let first = world.json(["ask", "--no-stdin", "--json", "-f", "point.png", "What is it?"]);
    let session = first["session"].as_str().unwrap();
    world.plyrum(["sessions", "fork", session]).run().ok();
    world.plyrum(["sessions", "delete", session, "--yes"]).run().ok();
    assert!(!folder(&world, &first).exists());
    let copies = world.json(["sessions", "list", "--json"]);
    let copy = copies[0]["session"].as_str().unwrap();
    assert_ne!(copy, session);
    world.json(["ask", "--no-stdin", "--json", "--session", copy, "And now?"]);
    let sent = fake.requests().last().unwrap().json();
    assert_eq!(parts(&sent, user_message(&sent))[1], url("image/png", &POINT));
    world.is_sound();
}

#[test]
fn a_model_that_takes_no_pictures_is_refused_with_those_that_do() {
    let world = World::new();
    let fake = seeing_lab(&world, answering(), "");
    world.file("point.png", POINT);
    let ask = |model: &str| {
        world.plyrum(["ask", "--no-stdin", "-m", model, "-f", "point.png", "What is it?"]).run()
    };
    ask("lab/blind").fails_telling(2, ["lab/blind takes no pictures", "lab/sees"]);
    ask("lab/dark").fails_telling(2, ["lab/dark is not known to take pictures", "lab/sees"]);
    ask("offline/lead").fails_telling(2, ["offline/lead takes no pictures", "lab/sees"]);
    ask("offline/shell").fails(2);
    assert_eq!(fake.requests().len(), 0, "nothing was sent");
    world.is_sound();
}

#[test]
fn without_a_bound_nothing_is_sent_under_a_limit_and_without_a_limit_the_plan_says_so() {
    let world = World::new();
    let fake = seeing_lab(&world, answering(), "[billing]\nmode = \"prepaid\"");
    world.file("point.png", POINT);
    world.plyrum(["balance", "top-up", "100"]).run().ok();
    let odd = ["ask", "--no-stdin", "--json", "-m", "lab/odd", "-f", "point.png", "What is it?"];
    let out = world.plyrum(odd).run();
    out.fails_telling(6, ["lab/odd", "image_tokens"]);
    assert_eq!(out.json()["error"]["kind"], "price_unknown");
    assert_eq!(fake.requests().len(), 0);
    world.json(["ask", "--no-stdin", "--json", "-f", "point.png", "What is it?"]);
    assert_eq!(fake.requests().len(), 1, "with a bound it runs");
    world.is_sound();

    let world = World::new();
    let fake = seeing_lab(&world, answering(), "");
    world.file("point.png", POINT);
    let dry = ["ask", "--no-stdin", "--json", "-m", "lab/odd", "-f", "point.png", "--dry-run", "?"];
    let reasons = world.json(dry)["reasons"].to_string();
    assert!(reasons.contains("image_bound_unknown"), "{reasons}");
    let result = world.json(odd);
    assert!(result["cost_micro_rub"].as_i64().unwrap() > 0, "{result}");
    let limited =
        ["ask", "--no-stdin", "--json", "-m", "lab/odd", "-f", "point.png", "--max-cost", "50", "?"];
    let out = world.plyrum(limited).run();
    out.fails(6);
    assert_eq!((out.json()["error"]["kind"].clone(), fake.requests().len()), ("price_unknown".into(), 1));
    world.is_sound();
}

#[test]
fn what_only_looks_like_a_picture_or_is_too_much_is_named_before_anything_is_sent() {
    let world = World::new();
    let fake = seeing_lab(&world, answering(), "");
    world.file("fake.png", b"\x89PNX\r\n\x1a\n\xff");
    world.file("huge.png", [POINT.as_slice(), &vec![0; 5 << 20]].concat());
    let ask = |file: &str| world.plyrum(["ask", "--no-stdin", "-f", file, "What is it?"]).run();
    ask("fake.png").fails_telling(2, ["fake.png", "PNG, JPEG, WebP or GIF", "hint: "]);
    ask("huge.png").fails_telling(2, ["huge.png", "3840 KiB", "hint: "]);
    let nine = format!("-f {} ", world.file("point.png", POINT)).repeat(9);
    let out = world.sh(&format!("\"$PLYRUM\" ask --no-stdin {nine} 'What are they?'")).run();
    out.fails_telling(2, ["at most 8 pictures"]);
    assert_eq!(fake.requests().len(), 0);
    let russian = world.plyrum(["ask", "--no-stdin", "-f", "huge.png", "?"]).env("PLYRUM_LANG", "ru").run();
    assert!(
        russian.code == 2 && russian.stderr.contains("одна картинка может занимать 3840 КиБ"),
        "{russian}"
    );
}

#[test]
fn a_route_says_who_cannot_see_and_a_panel_and_its_reader_are_all_shown_the_picture() {
    let world = World::new();
    let fake = seeing_lab(&world, Script::new().always(Reply::answer("A point, seen by one.", 1200, 9)), "");
    world.file("point.png", POINT);
    let ask = [
        "ask",
        "--no-stdin",
        "-o",
        "stream-json",
        "-m",
        "auto",
        "--plan",
        "self-moa",
        "-f",
        "point.png",
        "Describe it at length",
    ];
    let lines = world.plyrum(ask).run().lines();
    let routed = lines.iter().find(|line| line["type"] == "run.routed").unwrap();
    let excluded = routed["decision"]["excluded"].as_array().unwrap();
    let why = |model: &str| excluded.iter().find(|row| row["model"] == model).unwrap()["reasons"].to_string();
    assert!(why("lab/blind").contains("takes_no_images") && why("lab/dark").contains("images_unknown"));
    assert!(why("offline/lead").contains("takes_no_images"));
    assert_eq!(routed["decision"]["features"]["pictures"], 1);
    let requests = fake.requests();
    assert!(requests.len() >= 2, "{} requests", requests.len());
    let data = STANDARD.encode(POINT);
    assert!(requests.iter().all(|request| request.json().to_string().contains(&data)), "each is shown it");
    world.is_sound();
}
