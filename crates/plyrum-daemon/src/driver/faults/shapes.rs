//! The 48 fault shapes of the design, in its words and by its numbers: how each is brought about, and what must come of it.
//!
//! A shape says for a case (a wire, streamed or whole, before or after the first output) what the server does and how the
//! run must end, or why there is no such cell. Some numbers hold several shapes.

use super::cell::{Expected, SHOWN};
use super::wires::{INPUT, OUTPUT, Place};
use plyrum_fake_provider::{Door, Fault, Framing, Reply, Step};
use plyrum_providers::Timeouts;
use std::time::Duration;

/// Where a fault is met.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case {
    pub(super) place: Place,
    /// The answer is asked for in one piece.
    pub(super) is_whole: bool,
    /// The fault comes after the first output: of a stream some text was shown; of a whole answer half of it was sent.
    pub(super) is_after: bool,
}

/// One shape.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) number: u8,
    pub(super) words: &'static str,
    pub(super) cell: fn(&Case, &str) -> Result<Plan, &'static str>,
}

/// What is done in a cell and what must come of it.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) server: Server,
    pub(super) limits: fn(&mut Timeouts),
    /// Tools are offered.
    pub(super) acts: bool,
    want: Want,
    shown: Option<String>,
    money: Option<Money>,
    wait: Wait,
}

/// What is at the other end.
#[derive(Debug)]
pub(super) enum Server {
    /// No such name.
    Nameless,
    /// Nobody listens.
    Closed,
    /// Nobody answers.
    Deaf,
    /// A certificate, and whether its issuer is trusted.
    Certificate { file: &'static str, is_trusted: bool },
    /// No handshake.
    Door(Door),
    /// A proxy that says this.
    Proxy { reply: Reply, is_tunnel: bool },
    /// One reply, to every request; or several, one after the other.
    Says(Vec<Reply>),
}

/// How a run must end.
#[derive(Clone, Copy, Debug)]
pub(super) enum Want {
    /// With the whole answer.
    Fin,
    /// With the whole answer, at the second turn of a tool.
    Turn,
    /// With the whole answer, at the second try.
    Mended,
    /// Well, but for the words.
    Empty,
    /// With the text that came, cut by this.
    Cut(&'static str),
    /// Without any text, at the first try, with this exit code.
    Fails(&'static str, u8),
    /// Without any text, three times.
    Again(&'static str),
}

/// What an attempt must cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Money {
    /// What the provider reported.
    Reported,
    /// What is estimated of its bytes; flagged.
    Estimated,
    /// Nothing was used.
    Nothing,
}

/// How long is waited before a request is repeated.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wait {
    /// As long as we like.
    Jitter,
    /// As long as the provider asked for.
    Ms(u64),
}

type Cell = Result<Plan, &'static str>;

const NO_OUTPUT: &str = "it comes before the answer's first byte, so before any output";
const AT_THE_END: &str = "it comes at the answer's end, so after the output";
const IN_A_STREAM: &str = "an answer in one piece has no events";
const ALL_OF_IT: &str = "an error in a whole answer is all of it: see 30";
const AS_ASKED: &str = "JSON is what was asked for";
const NO_WORD: &str = "the wire has no word for it beside the status";
const NO_FIELDS: &str = "lines of JSON have no fields";
const NO_TERMINAL: &str = "nothing but the reason why the model stopped ends such a stream";
const ITS_LENGTH: &str = "a whole answer ends where its length says";
const SAME_AS_29: &str = "an end before any text is an empty answer: see 29";
const A_TOKEN: &str = "a token is one small JSON object, and no output";
const FROM_THE_FIRST: &str = "it is so from the first byte on";
const NO_REPEAT: &str = "there is nothing yet that could be said twice";
const BEFORE_IS_30: &str = "an error before any text is 30";
const ITS_PARTS: &str = "usage is told in parts there, the answer's own at the end: see 45 and 46";
const ITS_ENCODING: &str = "the header that names the encoding is refused before the body";

/// The answer, piece by piece. Cyrillic is two bytes a letter, and a piece ends where the redactor still waits for the rest of a
/// word: what it holds back must not be lost when a fault comes then.
pub(super) const TEXT: [&str; 3] = ["Половина ответа, half of wh", "at there is, и ещё од", "на: the end"];

fn half() -> String {
    TEXT[0].to_owned()
}

fn full() -> String {
    TEXT.concat()
}

/// A whole good answer.
pub(super) fn good() -> Reply {
    said(Reply::sse(), &TEXT).end(100, 10)
}

fn said(reply: Reply, pieces: &[&str]) -> Reply {
    pieces.iter().fold(reply, |reply, piece| reply.text(piece))
}

impl Plan {
    fn new(server: Server, want: Want) -> Self {
        Self { server, want, limits: |_| {}, acts: false, shown: None, money: None, wait: Wait::Jitter }
    }

    fn says(reply: Reply, want: Want) -> Self {
        Self::new(Server::Says(vec![reply]), want)
    }

    fn limits(self, limits: fn(&mut Timeouts)) -> Self {
        Self { limits, ..self }
    }

    fn pays(self, money: Money) -> Self {
        Self { money: Some(money), ..self }
    }

    fn shows(self, text: &str) -> Self {
        Self { shown: Some(text.to_owned()), ..self }
    }

    fn waits(self, ms: u64) -> Self {
        Self { wait: Wait::Ms(ms), ..self }
    }

    /// Whether it makes sense to run it with a server that mends: who is asked again must find it.
    pub(super) fn mends(&self) -> bool {
        let can = matches!(self.server, Server::Says(_) | Server::Proxy { is_tunnel: false, .. });
        can && matches!(self.want, Want::Again(_))
    }

    pub(super) fn expected(&self) -> Expected {
        let (shown, money) = match self.want {
            Want::Fin => (full(), vec![Money::Reported]),
            Want::Turn | Want::Mended => (full(), vec![Money::Reported; 2]),
            Want::Empty => (String::new(), vec![Money::Reported]),
            Want::Cut(_) => (half(), vec![Money::Estimated]),
            Want::Fails(..) => (String::new(), vec![Money::Nothing]),
            Want::Again(_) => (String::new(), vec![Money::Nothing; 3]),
        };
        let shown = self.shown.clone().unwrap_or(shown);
        let money = self.money.map_or(money, |kind| vec![kind]);
        Expected { want: self.want, shown, money, wait: self.wait }
    }

    pub(super) fn mended(&self) -> Expected {
        let money = vec![Money::Nothing, Money::Reported];
        Expected { want: Want::Mended, shown: full(), money, wait: self.wait }
    }
}

/// A cell before any output; there is none after.
fn early(case: &Case, plan: Plan) -> Cell {
    if case.is_after { Err(NO_OUTPUT) } else { Ok(plan) }
}

/// A refusal by its status, in the words of the wire.
fn refused(case: &Case, status: u16, kind: Fault, want: Want) -> Cell {
    early(case, Plan::says(Reply::refuses(status, kind, "because"), want))
}

/// A refusal that asks for a wait.
fn busy(case: &Case, headers: &[(&str, &str)], want: Want) -> Cell {
    let reply = Reply::refuses(429, Fault::RateLimited, "slow down");
    early(
        case,
        Plan::says(headers.iter().fold(reply, |reply, (name, value)| reply.header(name, value)), want),
    )
}

/// The answer up to where the fault comes: nothing, or its first half. Of a stream that was shown by then.
fn begun(case: &Case) -> Reply {
    match (case.is_after, case.is_whole) {
        (false, _) => Reply::sse(),
        (true, false) => Reply::sse().text(TEXT[0]).gate(SHOWN),
        (true, true) => Reply::sse().text(TEXT[0]),
    }
}

/// Whether text is on the screen when the fault comes.
fn is_shown(case: &Case) -> bool {
    case.is_after && !case.is_whole
}

/// Cut where text was shown; else as before it.
fn cut_or(case: &Case, class: &'static str, before: Want) -> Want {
    if is_shown(case) { Want::Cut(class) } else { before }
}

/// A body as it stands; what it is made of is one answer of the wire as its server writes it.
fn raw(text: &str) -> Reply {
    Reply::sse().body(text)
}

/// The sample with usual counts.
fn usual(sample: &str) -> String {
    sample
        .replace(&(INPUT + OUTPUT).to_string(), "110")
        .replace(&INPUT.to_string(), "100")
        .replace(&OUTPUT.to_string(), "10")
}

/// A cell of the answer, and none of a token.
fn of_answer(case: &Case, cell: impl FnOnce() -> Cell) -> Cell {
    if case.place.is_lender { Err(A_TOKEN) } else { cell() }
}

/// A cell of events.
fn of_stream(case: &Case, cell: impl FnOnce() -> Cell) -> Cell {
    of_answer(case, || if case.is_whole { Err(IN_A_STREAM) } else { cell() })
}

fn raw_head(text: &str) -> Reply {
    Reply::bare().step(Step::Raw(text.to_owned()))
}

/// A limit that passes.
const SHORT: Duration = Duration::from_millis(500);
/// One that passes while a machine with much to do may still be sending the request.
const LESS_SHORT: Duration = Duration::from_millis(1500);

const fn shape(number: u8, words: &'static str, cell: fn(&Case, &str) -> Cell) -> Shape {
    Shape { number, words, cell }
}

/// All of them, in the design's order.
pub(super) const SHAPES: &[Shape] = &[
    shape(1, "DNS failure", |case, _| early(case, Plan::new(Server::Nameless, Want::Again("dns")))),
    shape(2, "refused", |case, _| early(case, Plan::new(Server::Closed, Want::Again("refused")))),
    shape(3, "connect timeout", |case, _| {
        let plan = Plan::new(Server::Deaf, Want::Again("connect"));
        early(case, plan.limits(|limits| limits.connect = SHORT))
    }),
    shape(4, "unknown issuer", |case, _| {
        let server = Server::Certificate { file: "good.pem", is_trusted: false };
        early(case, Plan::new(server, Want::Fails("tls", 4)))
    }),
    shape(5, "expired certificate", |case, _| {
        let server = Server::Certificate { file: "expired.pem", is_trusted: true };
        early(case, Plan::new(server, Want::Fails("tls", 4)))
    }),
    shape(6, "reset in handshake", |case, _| {
        early(case, Plan::new(Server::Door(Door::Reset), Want::Again("reset")))
    }),
    shape(6, "end in handshake", |case, _| {
        early(case, Plan::new(Server::Door(Door::Fin), Want::Again("reset")))
    }),
    shape(7, "proxy 407", |case, _| {
        let server = Server::Proxy { reply: Reply::error(407, ""), is_tunnel: false };
        early(case, Plan::new(server, Want::Fails("proxy", 3)))
    }),
    shape(7, "proxy 407, tunnel", |case, _| {
        let server = Server::Proxy { reply: Reply::error(407, ""), is_tunnel: true };
        early(case, Plan::new(server, Want::Fails("proxy", 3)))
    }),
    shape(8, "proxy 502", |case, _| {
        let server = Server::Proxy { reply: Reply::error(502, "<html>"), is_tunnel: false };
        early(case, Plan::new(server, Want::Again("server")))
    }),
    shape(8, "proxy 502, tunnel", |case, _| {
        let server = Server::Proxy { reply: Reply::error(502, ""), is_tunnel: true };
        early(case, Plan::new(server, Want::Again("proxy")))
    }),
    shape(9, "headers never", |case, _| {
        let plan = Plan::says(Reply::sse().first(Step::Stall), Want::Fails("timeout", 4));
        early(case, plan.limits(|limits| limits.headers = LESS_SHORT))
    }),
    shape(10, "half headers, then an end", |case, _| {
        early(case, Plan::says(raw_head("HTTP/1.1 200 OK\r\ncontent-ty"), Want::Again("reset")))
    }),
    shape(10, "half headers, then a reset", |case, _| {
        early(case, Plan::says(raw_head("HTTP/1.1 200 OK\r\ncontent-ty").reset(), Want::Again("reset")))
    }),
    shape(10, "half headers, then nothing", |case, _| {
        let reply = raw_head("HTTP/1.1 200 OK\r\ncontent-ty").stall();
        let plan = Plan::says(reply, Want::Fails("timeout", 4));
        early(case, plan.limits(|limits| limits.headers = LESS_SHORT))
    }),
    shape(11, "oversize headers", |case, _| {
        let reply = good().header("x-big", &"x".repeat(70 * 1024));
        early(case, Plan::says(reply, Want::Fails("protocol", 4)))
    }),
    shape(11, "headers without end", |case, _| {
        let endless = Step::Repeat { text: "x".repeat(64 * 1024), count: 100 };
        let reply = raw_head("HTTP/1.1 200 OK\r\nx-big: ").step(endless);
        early(case, Plan::says(reply, Want::Fails("protocol", 4)))
    }),
    shape(12, "400", |case, _| refused(case, 400, Fault::Invalid, Want::Fails("rejected", 1))),
    shape(13, "401", |case, _| refused(case, 401, Fault::Unauthorized, Want::Fails("auth", 3))),
    shape(14, "402", |case, _| refused(case, 402, Fault::NoCredit, Want::Fails("quota", 6))),
    shape(14, "429 that is a quota", |case, _| {
        if !case.place.spoken.names_errors || case.place.spoken.wire == plyrum_providers::Wire::Gemini {
            return Err(NO_WORD);
        }
        refused(case, 429, Fault::NoCredit, Want::Fails("quota", 6))
    }),
    shape(15, "403", |case, _| refused(case, 403, Fault::Forbidden, Want::Fails("auth", 3))),
    shape(16, "404 model", |case, _| refused(case, 404, Fault::NotFound, Want::Fails("rejected", 1))),
    shape(17, "408", |case, _| refused(case, 408, Fault::Timeout, Want::Again("timeout"))),
    shape(18, "413", |case, _| refused(case, 413, Fault::TooLarge, Want::Fails("too_large", 1))),
    shape(19, "429 bare", |case, _| busy(case, &[], Want::Again("rate_limited"))),
    shape(20, "429 seconds", |case, _| {
        busy(case, &[("retry-after", "1")], Want::Again("rate_limited")).map(|plan| plan.waits(1000))
    }),
    shape(20, "429 milliseconds", |case, _| {
        busy(case, &[("retry-after-ms", "40")], Want::Again("rate_limited")).map(|plan| plan.waits(40))
    }),
    shape(20, "429 an hour", |case, _| {
        busy(case, &[("retry-after", "3600")], Want::Fails("rate_limited", 4))
    }),
    shape(21, "429 date", |case, _| {
        let now = ("date", "Fri, 27 Nov 2026 10:00:00 GMT");
        let then = ("retry-after", "Fri, 27 Nov 2026 10:00:01 GMT");
        busy(case, &[now, then], Want::Again("rate_limited")).map(|plan| plan.waits(1000))
    }),
    shape(22, "429 negative", |case, _| busy(case, &[("retry-after", "-5")], Want::Again("rate_limited"))),
    shape(22, "429 huge", |case, _| {
        busy(case, &[("retry-after", "99999999999999999999")], Want::Again("rate_limited"))
    }),
    shape(22, "429 NaN", |case, _| busy(case, &[("retry-after", "NaN")], Want::Again("rate_limited"))),
    shape(23, "500", |case, _| refused(case, 500, Fault::Server, Want::Again("server"))),
    shape(24, "502 with HTML", |case, _| {
        let reply = Reply::error(502, "<html><h1>502 Bad Gateway</h1></html>");
        early(case, Plan::says(reply.header("content-type", "text/html"), Want::Again("server")))
    }),
    shape(25, "503", |case, _| refused(case, 503, Fault::Server, Want::Again("server"))),
    shape(26, "504", |case, _| refused(case, 504, Fault::Timeout, Want::Again("timeout"))),
    shape(27, "529", |case, _| refused(case, 529, Fault::Overloaded, Want::Again("overloaded"))),
    shape(28, "200 JSON instead of SSE", |case, _| {
        of_answer(case, || {
            if case.is_whole { Err(AS_ASKED) } else { early(case, Plan::says(good().whole(), Want::Fin)) }
        })
    }),
    shape(29, "200 empty", |case, _| early(case, Plan::says(Reply::sse(), Want::Fails("protocol", 4)))),
    shape(30, "200 error event first", |case, _| {
        of_answer(case, || {
            let reply = Reply::sse().fails(Fault::Server, "it broke");
            early(case, Plan::says(reply, Want::Fails("server", 4)))
        })
    }),
    shape(30, "200 overload first", |case, _| {
        of_answer(case, || {
            if !case.place.spoken.names_errors {
                return Err(NO_WORD);
            }
            let reply = Reply::sse().fails(Fault::Overloaded, "busy");
            early(case, Plan::says(reply, Want::Again("overloaded")))
        })
    }),
    shape(31, "error event mid-text", |case, _| {
        of_answer(case, || match (case.is_whole, case.is_after) {
            (true, _) => Err(ALL_OF_IT),
            (false, false) => Err(BEFORE_IS_30),
            (false, true) => {
                Ok(Plan::says(begun(case).fails(Fault::Server, "it broke"), Want::Cut("server")))
            }
        })
    }),
    shape(32, "error event in a tool call", |case, _| {
        of_answer(case, || {
            if case.is_whole {
                return Err(ALL_OF_IT);
            }
            let (id, name, arguments) = ("c1", "read_file", r#"{"path":"a.txt"}"#);
            let reply = if case.place.spoken.has_pieces {
                begun(case).half_call(id, name, arguments)
            } else {
                let (id, name, arguments) = (id.to_owned(), name.to_owned(), arguments.to_owned());
                begun(case).step(Step::Call { index: 0, id, name, arguments })
            };
            // Arguments are output as well: what they cost is estimated, and nothing is asked again.
            let plan = Plan::says(
                reply.fails(Fault::Server, "it broke"),
                cut_or(case, "server", Want::Fails("server", 4)),
            );
            Ok(plan.pays(Money::Estimated))
        })
    }),
    shape(33, "stall before first byte", |case, _| {
        let plan = Plan::says(Reply::sse().stall(), Want::Fails("timeout", 4));
        early(case, plan.limits(|limits| (limits.headers, limits.idle_bytes) = (LESS_SHORT, SHORT)))
    }),
    shape(34, "stall mid-line", |case, sample| {
        of_answer(case, || {
            let line: String = sample.chars().take(20).collect();
            let line = if case.is_whole { String::new() } else { line };
            let reply = if case.is_whole && !case.is_after {
                raw(&first_bytes(sample))
            } else {
                begun(case).body(&line)
            };
            let want = cut_or(case, "timeout", Want::Fails("timeout", 4));
            Ok(Plan::says(reply.stall(), want).limits(|limits| limits.idle_bytes = SHORT))
        })
    }),
    shape(35, "comments only, for ever", |case, _| {
        of_answer(case, || {
            let comment = match (case.is_whole, case.place.spoken.is_sse) {
                (false, true) => ": still here\n\n",
                (false, false) => "\n",
                // Blanks are nothing before JSON, and no fault in the middle of it.
                (true, _) => " ",
            };
            let want = cut_or(case, "timeout", Want::Fails("timeout", 4));
            let plan = Plan::says(begun(case).every(20, comment), want);
            Ok(plan.limits(|limits| (limits.first_event, limits.idle_events) = (SHORT * 2, SHORT)))
        })
    }),
    shape(36, "one byte at a time", |case, _| {
        of_answer(case, || {
            if case.is_after {
                return Err(FROM_THE_FIRST);
            }
            // In one piece, since each byte costs a wait.
            Ok(Plan::says(Reply::sse().text(&full()).end(100, 10).pace(1), Want::Fin))
        })
    }),
    shape(36, "one byte at a time, for ever", |case, _| {
        of_answer(case, || {
            let want = cut_or(case, "timeout", Want::Fails("timeout", 4));
            let reply = if case.is_after { begun(case) } else { raw("{") };
            let reply =
                if case.place.spoken.is_sse && !case.is_whole { begun(case).body("data: ") } else { reply };
            let plan = Plan::says(reply.every(20, "x"), want);
            Ok(plan.limits(|limits| (limits.first_event, limits.idle_events) = (SHORT * 2, SHORT)))
        })
    }),
    shape(37, "RST mid-stream", |case, _| {
        if case.place.is_lender && case.is_after {
            return Err(A_TOKEN);
        }
        Ok(Plan::says(begun(case).reset(), cut_or(case, "reset", Want::Again("reset"))))
    }),
    shape(38, "FIN without terminal event", |case, _| {
        of_answer(case, || {
            if !case.is_after {
                return Err(SAME_AS_29);
            }
            // A whole answer breaks off in its middle, with nothing that would tell how long it should have been.
            let reply = if case.is_whole { begun(case).framing(Framing::Close).fin() } else { begun(case) };
            Ok(Plan::says(reply, cut_or(case, "cut", Want::Fails("protocol", 4))))
        })
    }),
    shape(39, "terminal event, no FIN", |case, _| {
        of_answer(case, || {
            let plan = if case.is_after {
                Plan::says(good().stall(), Want::Fin)
            } else {
                Plan::says(Reply::sse().end(100, 10).stall(), Want::Empty)
            };
            // Where only the reason why the model stopped ends a stream, usage may still come, and is waited for.
            let waits = !case.is_whole && !case.place.spoken.has_terminal;
            Ok(if waits { plan.limits(|limits| limits.idle_bytes = SHORT) } else { plan })
        })
    }),
    shape(40, "truncated chunked", |case, _| {
        if case.place.is_lender && case.is_after {
            return Err(A_TOKEN);
        }
        let reply = begun(case);
        let reply = if case.is_after { reply } else { reply.body(" ") };
        Ok(Plan::says(reply.fin(), cut_or(case, "cut", Want::Again("reset"))))
    }),
    shape(40, "a chunk without a size", |case, _| {
        of_answer(case, || {
            // A whole answer has a length in place of chunks.
            if case.is_whole && case.is_after {
                return Err(ITS_LENGTH);
            }
            let reply = begun(case).step(Step::Raw("zz\r\n".to_owned()));
            Ok(Plan::says(reply, cut_or(case, "protocol", Want::Fails("protocol", 4))))
        })
    }),
    shape(41, "bad gzip", |case, _| {
        of_answer(case, || {
            if case.is_after {
                return Err(ITS_ENCODING);
            }
            Ok(Plan::says(good().gzip().fin(), Want::Fails("protocol", 4)))
        })
    }),
    shape(42, "UTF-8 split", |case, sample| {
        of_answer(case, || {
            if case.is_after {
                return Err(FROM_THE_FIRST);
            }
            // Between the bytes of every letter; everywhere else is tried on the golden streams.
            let sample = usual(sample).into_bytes();
            let pieces = sample.chunk_by(|byte, next| byte.is_ascii() && next.is_ascii());
            Ok(Plan::says(pieces.fold(Reply::sse(), Reply::bytes), Want::Fin))
        })
    }),
    shape(42, "invalid UTF-8", |case, _| {
        of_answer(case, || {
            let line: &[u8] = match (case.is_whole, case.place.spoken.is_sse) {
                (false, true) => b"data: \xD0\n\n",
                (false, false) => b"\xD0\n",
                (true, _) => b"\xD0",
            };
            let reply = begun(case).bytes(line);
            let reply = if case.is_whole { said(reply, &TEXT[1..]).end(100, 10) } else { reply };
            Ok(Plan::says(reply, cut_or(case, "protocol", Want::Fails("protocol", 4))))
        })
    }),
    shape(42, "BOM", |case, sample| {
        of_answer(case, || {
            if case.is_after {
                return Err(FROM_THE_FIRST);
            }
            Ok(Plan::says(raw(&format!("\u{feff}{}", usual(sample))), Want::Fin))
        })
    }),
    shape(43, "CRLF", |case, sample| lines(case, sample, |text| text.replace('\n', "\r\n"))),
    shape(43, "lone CR", |case, sample| lines(case, sample, |text| text.replace('\n', "\r"))),
    shape(43, "no space after the colon", |case, sample| {
        fields(case, sample, |text| text.replace("data: ", "data:").replace("event: ", "event:"))
    }),
    shape(43, "multi-line data", |case, sample| {
        fields(case, sample, |text| text.replace(",\"", ",\ndata: \""))
    }),
    shape(44, "100 MB line", |case, sample| {
        of_answer(case, || {
            let line = Step::Repeat { text: "x".repeat(64 * 1024), count: 1600 };
            let reply = match (case.is_whole, case.is_after) {
                (true, false) => raw(&first_bytes(sample)),
                (true, true) => begun(case),
                (false, _) if case.place.spoken.is_sse => begun(case).body("data: "),
                (false, _) => begun(case).body("{\"x\":\""),
            };
            Ok(Plan::says(reply.step(line), cut_or(case, "protocol", Want::Fails("protocol", 4))))
        })
    }),
    shape(45, "unknown event", |case, _| {
        of_stream(case, || {
            let event = if case.place.spoken.is_sse {
                "id: 7\nevent: surprise\ndata: {\"type\":\"surprise\",\"of\":[1]}\n\n"
            } else {
                "{\"surprise\":[1]}\n"
            };
            let reply = begun(case).body(event);
            let reply = if case.is_after { said(reply, &TEXT[1..]) } else { said(reply, &TEXT) };
            Ok(Plan::says(reply.end(100, 10), Want::Fin))
        })
    }),
    shape(45, "unknown field", |case, sample| {
        of_answer(case, || {
            if case.is_after {
                return Err(FROM_THE_FIRST);
            }
            Ok(Plan::says(
                raw(&usual(sample).replace('{', "{\"surprise\":{\"of\":[1]},").replace(",}", "}")),
                Want::Fin,
            ))
        })
    }),
    shape(45, "duplicate usage", |case, _| {
        of_stream(case, || {
            if !case.is_after {
                return Err(AT_THE_END);
            }
            let reply = said(begun(case), &TEXT[1..]).finish("stop").usage(100, 7).usage(100, 10).done();
            Ok(Plan::says(reply, Want::Fin))
        })
    }),
    shape(45, "missing usage", |case, _| {
        of_answer(case, || {
            if !case.is_after {
                return Err(AT_THE_END);
            }
            let reply = said(begun(case), &TEXT[1..]).finish("stop").done();
            Ok(Plan::says(reply, Want::Fin).pays(Money::Estimated))
        })
    }),
    shape(46, "usage decreasing", |case, _| {
        of_stream(case, || {
            if !case.is_after {
                return Err(AT_THE_END);
            }
            let reply = said(begun(case), &TEXT[1..]).finish("stop").usage(100, 900).usage(100, 10).done();
            Ok(Plan::says(reply, Want::Fin))
        })
    }),
    shape(46, "usage negative", |case, sample| counted(case, sample, "-5")),
    shape(46, "usage overflowing", |case, sample| counted(case, sample, "99999999999999999999999")),
    shape(47, "duplicate deltas", |case, _| {
        of_stream(case, || {
            if !case.is_after {
                return Err(NO_REPEAT);
            }
            // Text has no numbers on any wire: what a server says twice is shown twice, and no piece is doubled by us.
            let reply = said(begun(case), &[TEXT[0], TEXT[2]]).end(100, 10);
            Ok(Plan::says(reply, Want::Fin).shows(&[TEXT[0], TEXT[0], TEXT[2]].concat()))
        })
    }),
    shape(47, "reordered: usage before the text", |case, _| {
        of_stream(case, || {
            if !case.place.spoken.counts_at_once {
                return Err(ITS_PARTS);
            }
            let reply = if case.is_after { begun(case).usage(100, 10) } else { Reply::sse().usage(100, 10) };
            let rest = if case.is_after { &TEXT[1..] } else { &TEXT[..] };
            Ok(Plan::says(said(reply, rest).finish("stop").done(), Want::Fin))
        })
    }),
    shape(47, "broken tool JSON", |case, _| {
        of_answer(case, || {
            let call = Step::Call {
                index: 0,
                id: "c1".to_owned(),
                name: "read_file".to_owned(),
                arguments: "{\"path\":".to_owned(),
            };
            let reply = begun(case).step(call).finish("tool_calls").usage(100, 10).done();
            let answer = if case.is_after { said(Reply::sse(), &TEXT[1..]).end(100, 10) } else { good() };
            let plan = Plan::new(Server::Says(vec![reply, answer]), Want::Turn);
            Ok(Plan { acts: true, ..plan })
        })
    }),
    shape(48, "redirect to another host", |case, _| {
        early(
            case,
            Plan::says(Reply::redirect(307, "http://elsewhere.invalid/v1"), Want::Fails("redirected", 3)),
        )
    }),
    shape(48, "data after the terminal event", |case, _| {
        of_answer(case, || match (case.is_whole, case.is_after) {
            (true, _) => Err(ITS_LENGTH),
            (false, false) => Err(AT_THE_END),
            (false, true) if !case.place.spoken.has_terminal => Err(NO_TERMINAL),
            (false, true) => Ok(Plan::says(good().text("and more").end(900, 900), Want::Fin)),
        })
    }),
];

/// The beginning of an answer in one piece.
fn first_bytes(sample: &str) -> String {
    sample.chars().take(10).collect()
}

/// The sample with other ends of lines.
fn lines(case: &Case, sample: &str, change: fn(&str) -> String) -> Cell {
    of_stream(case, || {
        if case.is_after {
            return Err(FROM_THE_FIRST);
        }
        Ok(Plan::says(raw(&change(&usual(sample))), Want::Fin))
    })
}

/// The sample with its events written in another way.
fn fields(case: &Case, sample: &str, change: fn(&str) -> String) -> Cell {
    if !case.place.is_lender && !case.is_whole && !case.place.spoken.is_sse {
        return Err(NO_FIELDS);
    }
    lines(case, sample, change)
}

/// The sample with a count that cannot be: all of the text is there, and it is charged by its bytes.
fn counted(case: &Case, sample: &str, count: &str) -> Cell {
    of_answer(case, || {
        if !case.is_after {
            return Err(AT_THE_END);
        }
        let body = sample.replace(&OUTPUT.to_string(), count).replace(&INPUT.to_string(), "100");
        Ok(Plan::says(raw(&body), Want::Fin).pays(Money::Estimated))
    })
}
