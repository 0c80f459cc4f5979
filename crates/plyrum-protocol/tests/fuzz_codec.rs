//! Whatever bytes a peer sends, in whatever pieces: lines come out as they went in, a line that is too long is refused
//! before it is stored, and what is no message is an error, never a panic.
//!
//! `PLYRUM_FUZZ_CASES` sets how many cases are tried (256 without it); the long run is
//! `PLYRUM_FUZZ_CASES=1000000 cargo test --release -p plyrum-protocol --test fuzz_codec`.

use plyrum_protocol::{Decoder, Frame, Hello, Incoming, MAX_LINE_BYTES, RpcError, agree};
use proptest::prelude::*;

fn cases() -> ProptestConfig {
    let cases = std::env::var("PLYRUM_FUZZ_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(256);
    ProptestConfig { cases, ..ProptestConfig::default() }
}

/// Messages as both sides send them.
const SEEDS: [&str; 7] = [
    r#"{"jsonrpc":"2.0","method":"hello","params":{"proto_min":1,"proto_max":1,"build":"0.1.0","schema":1}}"#,
    r#"{"jsonrpc":"2.0","id":1,"method":"run/submit","params":{"run":"ab","prompt":"Что это?","client":"t","owner":"detached"}}"#,
    r#"{"jsonrpc":"2.0","id":1,"method":"run/attach","params":{"run":"last","after_seq":18446744073709551615}}"#,
    r#"{"jsonrpc":"2.0","id":2,"result":{"running":true,"pid":1,"build":"0.1.0","active_runs":0}}"#,
    r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32601,"message":"no","data":{"kind":"usage","message":"no"}}}"#,
    r#"{"jsonrpc":"2.0","method":"frame","params":{"type":"delta","step":"answer","attempt":"ab.1","channel":"answer","offset":0,"text":"\u001b[2J","run":"ab","at":"2026-11-20T00:00:00.000Z"}}"#,
    r#"{"jsonrpc":"2.0","method":"frame","params":{"type":"step.cancelled","step":"a","reason":"","run":"ab","seq":7,"at":"2026-11-20T00:00:00.000Z"}}"#,
];

/// Any bytes, with newlines now and then; or a message with some of its bytes changed, dropped or doubled.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let noise = prop::collection::vec(
        prop_oneof![4 => any::<u8>(), 1 => Just(b'\n'), 1 => Just(b'{'), 1 => Just(b'"')],
        0..400,
    );
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 0..6);
    let message = (prop::sample::select(SEEDS.to_vec()), changes).prop_map(|(seed, changes)| {
        let mut bytes = seed.as_bytes().to_vec();
        for (at, byte, what) in changes {
            let at = at.index(bytes.len().max(1));
            match what {
                0 if at < bytes.len() => drop(bytes.remove(at)),
                1 => bytes.insert(at.min(bytes.len()), byte),
                2 => bytes.truncate(at),
                _ => bytes.iter_mut().skip(at).take(1).for_each(|b| *b = byte),
            }
        }
        bytes.push(b'\n');
        bytes
    });
    prop::collection::vec(prop_oneof![noise, message], 1..5).prop_map(|parts| parts.concat())
}

/// The lines of a stream that comes in pieces of these lengths, again and again.
fn lines(stream: &[u8], pieces: &[usize]) -> Option<Vec<Vec<u8>>> {
    let (mut decoder, mut out, mut rest) = (Decoder::new(), Vec::new(), stream);
    for length in pieces.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, more) = rest.split_at((*length).clamp(1, rest.len()));
        decoder.push(piece, |line| out.push(line.to_vec())).ok()?;
        rest = more;
    }
    Some(out)
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn lines_come_out_as_they_went_in_whatever_the_pieces(stream in bytes(), pieces in prop::collection::vec(1_usize..64, 1..8)) {
        let end = stream.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        let whole: Vec<Vec<u8>> = stream[..end].split_inclusive(|b| *b == b'\n').map(|l| l[..l.len() - 1].to_vec()).collect();
        prop_assert_eq!(lines(&stream, &pieces), Some(whole));
    }

    #[test]
    fn what_is_no_message_is_an_error_and_what_is_one_is_read_the_same_again(stream in bytes()) {
        for line in stream.split(|b| *b == b'\n') {
            let Ok(message) = serde_json::from_slice::<Incoming>(line) else { continue };
            let Some(params) = message.params else { continue };
            let _may_be_wrong = serde_json::from_str::<Hello>(params.get());
            if let Ok(frame) = serde_json::from_str::<Frame>(params.get()) {
                let again = serde_json::to_string(&frame).unwrap();
                prop_assert_eq!(serde_json::from_str::<Frame>(&again).unwrap(), frame);
            }
        }
        let _may_be_wrong = serde_json::from_slice::<RpcError>(&stream);
    }

    #[test]
    fn a_line_passes_exactly_up_to_the_limit(over in 0_usize..64, piece in 1_usize..100_000, before in bytes()) {
        let mut stream = before;
        stream.push(b'\n');
        stream.resize(stream.len() + MAX_LINE_BYTES - 32 + over, b'x');
        stream.push(b'\n');
        prop_assert_eq!(lines(&stream, &[piece]).is_some(), over <= 32);
    }

    #[test]
    fn both_sides_agree_on_the_same_version(a in any::<(u32, u32)>(), b in any::<(u32, u32)>()) {
        let speaks = |(proto_min, proto_max)| Hello { proto_min, proto_max, ..Hello::of_this_build() };
        let (ours, theirs) = (speaks(a), speaks(b));
        let agreed = agree(&ours, &theirs).ok();
        prop_assert_eq!(agreed, agree(&theirs, &ours).ok());
        if let Some(version) = agreed {
            prop_assert!((a.0..=a.1).contains(&version) && (b.0..=b.1).contains(&version));
        }
    }
}
