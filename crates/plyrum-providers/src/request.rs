//! What is asked of a provider, in the words of the domain. Wire formats translate it; none of their own
//! types leak out of `wire`.

/// One conversation to continue. It is sent exactly once; a repeat is another request of the engine's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatRequest {
    /// The model's name on the wire, without our provider prefix.
    pub model: String,
    /// The conversation, oldest message first.
    pub messages: Vec<ChatMessage>,
    /// Upper bound of generated tokens, reasoning included: the hold was sized for it.
    pub max_output_tokens: u64,
    /// Sampling temperature as decimal text (`"0.7"`), so that no float rounding enters a request.
    pub temperature: Option<String>,
    /// Texts at which the model stops.
    pub stop: Vec<String>,
    /// The attempt this request belongs to; appears in logs only, never on the wire.
    pub attempt: String,
    /// Seed of the offline provider; hosted wires do not send it.
    pub seed: u64,
}

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatMessage {
    /// Who speaks.
    pub role: Role,
    /// The text, whole.
    pub content: String,
}

/// Who speaks in a [`ChatMessage`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Standing instructions.
    System,
    /// The person, or whoever asks for them.
    User,
    /// An earlier answer of a model.
    Assistant,
}

impl Role {
    /// The role's usual wire name.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

impl ChatRequest {
    /// UTF-8 bytes of all message texts: the part of a request every wire must carry.
    pub fn text_bytes(&self) -> u64 {
        self.messages.iter().fold(0, |sum, message| sum.saturating_add(message.content.len() as u64))
    }
}
