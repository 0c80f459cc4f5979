//! What holds for this wire alone; what holds for every wire is in [`crate::wire::golden`].

use super::*;
use crate::ErrorClass;
use crate::wire::golden::golden;

golden!(GigaChat, "gigachat");

#[test]
fn errors_have_the_classes_of_their_statuses() {
    for (status, class) in [
        (400, ErrorClass::Rejected),
        (401, ErrorClass::Auth),
        (402, ErrorClass::Quota),
        (404, ErrorClass::Rejected),
        (413, ErrorClass::TooLarge),
        (429, ErrorClass::RateLimited),
        (500, ErrorClass::Server),
    ] {
        let body = format!(r#"{{"status":{status},"message":"why"}}"#);
        let refused = GigaChat.refusal(status, &body);
        assert_eq!(refused.class, class);
        assert_eq!(refused.message, format!("status {status}: why"));
    }
}
