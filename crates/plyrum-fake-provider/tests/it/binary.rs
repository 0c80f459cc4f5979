//! The program, as a person starts it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use crate::WIRES;

#[test]
fn the_binary_tells_its_routes_and_answers_on_all_of_them() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_plyrum-fake-provider"))
        .args(["--text", "by hand", "--models", "a,b", "--oauth"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let origin = line.trim().strip_suffix("/v1").unwrap().to_owned();
    let told: Vec<_> =
        BufReader::new(child.stderr.take().unwrap()).lines().take(8).map(Result::unwrap).collect();
    assert_eq!(told[0], format!("{origin} speaks"));
    for word in
        ["gigachat", "openai-responses", "anthropic", "gemini", "ollama", "/api/tags", "/api/v2/oauth"]
    {
        assert!(told.iter().any(|line| line.contains(word)), "{word} in {told:?}");
    }
    let ask = |request: &str| {
        let mut socket = TcpStream::connect(origin.strip_prefix("http://").unwrap()).unwrap();
        socket.write_all(request.as_bytes()).unwrap();
        socket.shutdown(std::net::Shutdown::Write).unwrap();
        let mut text = String::new();
        socket.read_to_string(&mut text).unwrap();
        text
    };
    for (_, path) in WIRES {
        let text = ask(&format!("POST {path} HTTP/1.1\r\nContent-Length: 2\r\n\r\n{{}}"));
        assert!(text.contains("by ") && text.contains("hand"), "{path}: {text}");
    }
    assert!(ask("GET /v1/models HTTP/1.1\r\n\r\n").contains(r#""id":"b""#));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn the_example_of_the_help_is_a_script() {
    let output = Command::new(env!("CARGO_BIN_EXE_plyrum-fake-provider")).arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let (_, example) = help.split_once("A script:").unwrap();
    let (example, _) = example.split_once("`model").unwrap();
    plyrum_fake_provider::Script::from_toml(example).unwrap_or_else(|error| panic!("{error}: {example}"));
    for flag in ["--script", "--listen", "--text", "--models", "--oauth"] {
        assert!(help.contains(flag), "{flag}");
    }
}
