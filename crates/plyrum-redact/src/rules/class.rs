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
    /// `0-9a-f`
    Hex,
    /// `A-Za-z0-9+/=`
    Base64,
    /// `A-Za-z0-9-._~+/=`, what RFC 7235 allows a credential to be
    Token68,
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
