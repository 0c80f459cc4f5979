//! Names of secrets, for records only. Cyrillic letters match in the cases written here.

use super::{Promise, Rule, named};

#[rustfmt::skip] // one rule a line
pub(super) static RULES: &[Rule] = &[
    named("password", "password", Promise::Password),
    named("password", "passwd", Promise::Password),
    named("password", "passphrase", Promise::Password),
    named("password", "passcode", Promise::Password),
    named("password", "pwd", Promise::Password),
    named("password", "Парол", Promise::Password),
    named("password", "ПАРОЛ", Promise::Password),
    named("password", "парол", Promise::Password),
    named("token", "token", Promise::Token),
    named("secret", "secret", Promise::Token),
    named("secret", "credential", Promise::Token),
    named("key", "api_key", Promise::Token),
    named("key", "access_key", Promise::Token),
    named("key", "private_key", Promise::Token),
    named("key", "encryption_key", Promise::Token),
    named("key", "signing_key", Promise::Token),
    named("key", "auth_key", Promise::Token),
    named("key", "master_key", Promise::Token),
    named("token", "токен", Promise::Token),
    named("token", "Токен", Promise::Token),
    named("token", "ТОКЕН", Promise::Token),
    named("secret", "секрет", Promise::Token),
    named("secret", "Секрет", Promise::Token),
    named("key", "ключ", Promise::Token),
    named("key", "Ключ", Promise::Token),
    named("key", "КЛЮЧ", Promise::Token),
];
