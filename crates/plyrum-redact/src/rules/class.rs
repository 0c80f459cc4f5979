//! Sets of characters that secrets are made of. All ASCII: `«` and `»` are in none.

/// A set of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// `A-Za-z0-9`
    Alnum,
    /// `A-Za-z0-9_`
    Word,
    /// `A-Za-z0-9_-`
    Dash,
    /// `A-Za-z0-9_.-`
    Dotted,
    /// `A-Z2-7`
    Base32,
    /// `a-z0-9`
    Lower,
    /// `A-Z0-9`
    Upper,
    /// `a-z0-9_-`
    LowerDash,
    /// `0-9a-f`
    Hex,
    /// `0-9a-fA-F`
    HexAny,
    /// `0-9a-fA-F-`
    HexDash,
    /// `0-9a-f:-`, keys of two parts
    HexPair,
    /// `A-Za-z0-9_=-`
    DashEq,
    /// `A-Za-z0-9_.=:-`
    Parts,
    /// `A-Za-z0-9_$-`
    Dollar,
    /// `Token68` and `%@`: what is percent-encoded, or has an address in it
    Query,
    /// `Password` but `&` and `#`
    QueryValue,
    /// `A-Za-z0-9+/=`
    Base64,
    /// `A-Za-z0-9-._~+/=`, what RFC 7235 allows a credential to be
    Token68,
    /// As `Password`, and letters beyond ASCII; no dashes or quotes of typography
    Visible,
    /// Anything visible but quotes, `;`, `,`, brackets and `$`
    Password,
}

impl Class {
    pub(super) fn contains(self, b: u8) -> bool {
        match self {
            Self::Alnum => b.is_ascii_alphanumeric(),
            Self::Word => is_word(b),
            Self::Dash => is_word(b) || b == b'-',
            Self::Dotted => is_word(b) || b == b'-' || b == b'.',
            Self::Base32 => b.is_ascii_uppercase() || (b'2'..=b'7').contains(&b),
            Self::Hex => b.is_ascii_digit() || (b'a'..=b'f').contains(&b),
            Self::Lower => b.is_ascii_lowercase() || b.is_ascii_digit(),
            Self::Upper => b.is_ascii_uppercase() || b.is_ascii_digit(),
            Self::LowerDash => b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b),
            Self::HexAny => b.is_ascii_hexdigit(),
            Self::HexDash => b.is_ascii_hexdigit() || b == b'-',
            Self::HexPair => b.is_ascii_digit() || (b'a'..=b'f').contains(&b) || b":-".contains(&b),
            Self::DashEq => is_word(b) || b"-=".contains(&b),
            Self::Parts => is_word(b) || b"-.=:".contains(&b),
            Self::Dollar => is_word(b) || b"-$".contains(&b),
            Self::Query => Self::Token68.contains(b) || b"%@".contains(&b),
            Self::QueryValue => Self::Password.contains(b) && b != b'&' && b != b'#',
            Self::Visible => Self::Password.contains(b) || (b >= 0x80 && b != 0xC2 && b != 0xE2),
            Self::Base64 => b.is_ascii_alphanumeric() || b"+/=".contains(&b),
            Self::Token68 => b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b),
            Self::Password => b.is_ascii_graphic() && !b"\"'`;,<>(){}[]$\\".contains(&b),
        }
    }
}

/// A letter, digit or underscore.
pub(super) fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_'
}
