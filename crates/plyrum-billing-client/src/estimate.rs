//! What to settle when a stream ended without usage.
//!
//! Bytes are known even when tokens are not: the request's, and those received until the cut. Rounded
//! up, because an estimate that favours nobody would still make an interrupted stream the cheaper one.

use serde::{Deserialize, Serialize};

use crate::decimal::{self, DecimalError, Excerpt, MICRO};
use crate::usage::Usage;

/// How many bytes of text a token of some model covers on average, as an exact positive rational.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Terms", into = "Terms")]
pub struct BytesPerToken {
    num: u32,
    den: u32,
}

impl BytesPerToken {
    /// The ratio `num/den`, or `None` where a term is zero.
    pub const fn new(num: u32, den: u32) -> Option<Self> {
        if num == 0 || den == 0 { None } else { Some(Self { num, den }) }
    }

    /// Reads decimal text with at most six decimals: `"3.5"`. Zero is an error.
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        let micro = decimal::parse_micro(text)?;
        if micro == 0 {
            return Err(DecimalError::Zero(Excerpt::of(text)));
        }
        let (micro, one) = (u128::from(micro), u128::from(MICRO));
        let divisor = decimal::gcd(micro, one);
        let term = |value: u128| {
            u32::try_from(value / divisor).map_err(|_| DecimalError::TooLarge(Excerpt::of(text)))
        };
        Ok(Self { num: term(micro)?, den: term(one)? })
    }

    /// Tokens in `bytes` bytes, rounded up.
    pub fn tokens_in(self, bytes: u64) -> u64 {
        let tokens = (u128::from(bytes) * u128::from(self.den)).div_ceil(u128::from(self.num));
        u64::try_from(tokens).unwrap_or(u64::MAX)
    }

    /// Bytes that `tokens` tokens stand for, rounded down.
    pub fn bytes_in(self, tokens: u64) -> u64 {
        let bytes = u128::from(tokens) * u128::from(self.num) / u128::from(self.den);
        u64::try_from(bytes).unwrap_or(u64::MAX)
    }
}

/// Three bytes per token: the design's default (money.md, "Holds"). Prose usually has more bytes per token,
/// so this overstates the tokens rather than understating them.
impl Default for BytesPerToken {
    fn default() -> Self {
        Self { num: 3, den: 1 }
    }
}

/// The usage to assume for a request of `request_bytes` that was answered with `received_bytes` and no
/// report. Never charge more than the hold for it: that limit is the ledger's.
pub fn estimate(request_bytes: u64, received_bytes: u64, bytes_per_token: &BytesPerToken) -> Usage {
    Usage {
        input: bytes_per_token.tokens_in(request_bytes),
        output: bytes_per_token.tokens_in(received_bytes),
        ..Usage::default()
    }
}

/// The stored form.
#[derive(Serialize, Deserialize)]
struct Terms {
    num: u32,
    den: u32,
}

impl TryFrom<Terms> for BytesPerToken {
    type Error = &'static str;

    fn try_from(terms: Terms) -> Result<Self, Self::Error> {
        Self::new(terms.num, terms.den).ok_or("bytes per token must be greater than zero")
    }
}

impl From<BytesPerToken> for Terms {
    fn from(ratio: BytesPerToken) -> Self {
        Self { num: ratio.num, den: ratio.den }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bytes_become_tokens_rounded_up() {
        let three = BytesPerToken::default();
        let counts = [(0, 0), (1, 1), (3, 1), (4, 2), (300, 100)];
        for (bytes, tokens) in counts {
            assert_eq!(three.tokens_in(bytes), tokens, "{bytes} bytes");
        }
        let usage = estimate(7, 10, &BytesPerToken::parse("3.5").unwrap());
        assert_eq!((usage.input, usage.output, usage.total_tokens()), (2, 3, 5));
    }

    #[test]
    fn a_ratio_is_exact_and_positive() {
        assert_eq!(BytesPerToken::parse("3.5"), Ok(BytesPerToken { num: 7, den: 2 }));
        assert_eq!(BytesPerToken::parse("3.0"), Ok(BytesPerToken::default()));
        assert!(matches!(BytesPerToken::parse("0.0"), Err(DecimalError::Zero(_))));
        assert!(matches!(BytesPerToken::parse("99999999999"), Err(DecimalError::TooLarge(_))));
        assert!(BytesPerToken::parse("-3").is_err());
    }

    #[test]
    fn the_smallest_ratio_does_not_wrap() {
        let tiny = BytesPerToken::new(1, u32::MAX).unwrap();
        assert_eq!(tiny.tokens_in(u64::MAX), u64::MAX);
    }

    #[test]
    fn json_round_trips_and_refuses_zero() {
        let ratio = BytesPerToken::parse("3.25").unwrap();
        let text = serde_json::to_string(&ratio).unwrap();
        assert_eq!(text, r#"{"num":13,"den":4}"#);
        assert_eq!(serde_json::from_str::<BytesPerToken>(&text).unwrap(), ratio);
        assert!(serde_json::from_str::<BytesPerToken>(r#"{"num":0,"den":1}"#).is_err());
    }

    proptest! {
        #[test]
        fn any_byte_is_at_least_one_token_and_never_more_than_one_short(bytes in 1_u64..1_000_000_000, num in 1_u32..100, den in 1_u32..100) {
            let ratio = BytesPerToken::new(num, den).unwrap();
            let tokens = ratio.tokens_in(bytes);
            prop_assert!(tokens >= 1);
            prop_assert!(tokens * u64::from(num) >= bytes * u64::from(den));
            prop_assert!((tokens - 1) * u64::from(num) < bytes * u64::from(den));
        }
    }
}
