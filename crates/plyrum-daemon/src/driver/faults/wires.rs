//! The wires, a line each, and what each would send if nothing were wrong.
//!
//! A wire that speaks like another one is a line in [`WIRES`]; one that the scripted server has no dialect for needs that
//! first.

use super::shapes::{Case, TEXT};
use plyrum_fake_provider::{FakeProvider, Framing, OAuth, Reply, Script, Setup};
use plyrum_providers::{
    ChatMessage, ChatRequest, Endpoint, Lender, Manner, Role, StreamEvent, Timeouts, Wire, connect,
};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// What the table has to know of a wire.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own about a wire")]
pub(super) struct Spoken {
    pub(super) wire: Wire,
    /// Between the server's address and what the wire puts behind it.
    base: &'static str,
    /// Whether its streams are events; else they are lines.
    pub(super) is_sse: bool,
    /// Whether a stream has something that ends it besides the reason why the model stopped.
    pub(super) has_terminal: bool,
    /// Whether an error has a word for what it is, beside the status.
    pub(super) names_errors: bool,
    /// Whether a call comes in pieces, and its arguments as text.
    pub(super) has_pieces: bool,
    /// Whether usage is one thing that is told once, and could be told early.
    pub(super) counts_at_once: bool,
}

const EVENTS: Spoken = Spoken {
    wire: Wire::OpenAiChat,
    base: "/v1",
    is_sse: true,
    has_terminal: true,
    names_errors: true,
    has_pieces: true,
    counts_at_once: true,
};

/// Every wire of the build.
pub(super) const WIRES: &[Spoken] = &[
    EVENTS,
    Spoken { wire: Wire::Anthropic, base: "", counts_at_once: false, ..EVENTS },
    Spoken {
        wire: Wire::Gemini,
        base: "",
        has_terminal: false,
        has_pieces: false,
        counts_at_once: false,
        ..EVENTS
    },
    Spoken { wire: Wire::Ollama, base: "", is_sse: false, names_errors: false, has_pieces: false, ..EVENTS },
    Spoken { wire: Wire::OpenAiResponses, counts_at_once: false, ..EVENTS },
    Spoken { wire: Wire::OpenRouter, ..EVENTS },
    Spoken { wire: Wire::DeepSeek, base: "", ..EVENTS },
    Spoken { wire: Wire::Yandex, ..EVENTS },
    Spoken { wire: Wire::GigaChat, names_errors: false, has_pieces: false, ..EVENTS },
];

/// Where on a wire the fault is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) spoken: &'static Spoken,
    /// Where the token is lent, and not where it is used.
    pub(super) is_lender: bool,
}

impl Place {
    /// All of them: the answer of every wire, and the token of the wire that is lent one.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let answers = WIRES.iter().map(|spoken| Self { spoken, is_lender: false });
        let lent = WIRES.iter().filter(|spoken| spoken.wire == Wire::GigaChat);
        answers.chain(lent.map(|spoken| Self { spoken, is_lender: true }))
    }

    /// The column's name.
    pub(super) fn name(self) -> String {
        let wire = self.spoken.wire.name();
        if self.is_lender { format!("{wire} token") } else { wire.to_owned() }
    }

    pub(super) fn is_lent(self) -> bool {
        self.spoken.wire == Wire::GigaChat
    }

    /// An endpoint of this wire at a server, patient with everything.
    pub(super) fn endpoint(self, origin: &str, is_whole: bool, lender: Option<String>) -> Endpoint {
        let manner = Manner { streams: !is_whole, ..Manner::default() };
        let lender = lender.map(|url| Lender { url, scope: "GIGACHAT_API_PERS".to_owned() });
        let base = format!("{origin}{}", self.spoken.base);
        let key = Some("sk-fake-0123456789abcdef".into());
        Endpoint { key, manner, lender, timeouts: PATIENT, ..Endpoint::new("lab", self.spoken.wire, base) }
    }
}

/// Longer than any cell may take: only the limit that a shape is about is made short.
const PATIENT: Timeouts = {
    let long = Duration::from_mins(1);
    Timeouts {
        connect: long,
        headers: long,
        first_event: long,
        first_thought: long,
        idle_bytes: long,
        idle_events: long,
        total: long,
    }
};

/// The bytes of a body that answers well, with counts that occur nowhere else, as the server itself writes them: shapes that
/// are about bytes are made of it, so that they are not written once for each wire.
pub(super) async fn sample(case: Case) -> String {
    let reply = TEXT.iter().fold(Reply::sse(), |reply, piece| reply.text(piece));
    let reply = reply.end(INPUT, OUTPUT).framing(Framing::Close);
    let setup = Setup::new(Script::new().always(reply));
    let fake = if case.place.is_lent() { setup.oauth(OAuth::new()).spawn() } else { setup.spawn() };
    let lender = case.place.is_lent().then(|| fake.oauth_url());
    let endpoint = case.place.endpoint(&fake.origin(), case.is_whole, lender);
    let request = ChatRequest {
        model: "m".to_owned(),
        messages: vec![ChatMessage::text(Role::User, "Привет")],
        max_output_tokens: 100,
        ..ChatRequest::default()
    };
    let mut stream = connect(endpoint).unwrap().open(request);
    while let Some(event) = stream.next().await {
        let is_failure = matches!(&event, StreamEvent::Closed(plyrum_providers::Close::Failed(_)));
        assert!(!is_failure, "{}: {event:?}", case.place.name());
    }
    let asked = fake.requests();
    raw(&fake, asked.last().unwrap()).await
}

/// Tokens that the sample says.
pub(super) const INPUT: u64 = 9_191_901;
pub(super) const OUTPUT: u64 = 9_292_902;

/// What the server says to this request, byte for byte.
async fn raw(fake: &FakeProvider, asked: &plyrum_fake_provider::Request) -> String {
    let mut socket = tokio::net::TcpStream::connect(fake.address()).await.unwrap();
    let head = format!("POST {} HTTP/1.1\r\ncontent-length: {}\r\n\r\n", asked.path, asked.body.len());
    socket.write_all(head.as_bytes()).await.unwrap();
    socket.write_all(&asked.body).await.unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}
