//! Filters, older records, the verdict, and pictures of every state.

use super::*;
use crate::screen::Look;
use crate::snapshot;
use crate::theme::Theme;
use plyrum_protocol::{ErrorKind, Timestamp};
use plyrum_words::{Lang, Words};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

fn row(seq: u64, kind: &str, about: &str) -> AuditRow {
    AuditRow {
        seq,
        when: "2026-11-27 10:00:00".into(),
        kind: kind.into(),
        run: "3f9a21cc7788".into(),
        about: about.into(),
        json: format!(
            "{{\"v\":1,\"seq\":{seq},\"kind\":\"{kind}\",\"body\":{{\"text\":\"a\\u001b[31m\\u202e\"}},\"prev\":\"00\",\"hash\":\"ff\"}}"
        ),
    }
}

fn filled() -> AuditScreen {
    let mut screen = AuditScreen::default();
    screen.open();
    let rows = vec![
        row(9, "settle", "attempt=3f9a.1 cost_micro_rub=15200"),
        row(
            8,
            "tool.decided",
            "tool=run verdict=allow by=policy rule=\"tests\" file=built in line=12 argv=[\"cargo\",\"test\"]",
        ),
        row(7, "approval.resolved", "verdict=approved by=plyrum 0.1.0 reason=да, можно"),
        row(6, "chain_break", "torn end of the file, set aside"),
        row(5, "run.accepted", "session=cd34 persona=default"),
    ];
    let page = AuditPage { rows, has_more: true };
    screen.loaded(AuditReply::Page { filter: AuditFilter::default(), outcome: Ok(page) });
    screen
}

fn picture(name: &str, screen: &AuditScreen) {
    for (width, height) in [(80, 22), (120, 38)] {
        for lang in [Lang::En, Lang::Ru] {
            let (theme, words) = (Theme::sixteen(), Words::new(lang));
            let look = Look { theme: &theme, words: &words, now: Timestamp::from_millis(0), is_plain: false };
            let area = Rect::new(0, 0, width, height);
            let mut buffer = Buffer::empty(area);
            let screen = &mut screen.clone();
            screen.resize(AuditView { screen, look }.room(area));
            let _cursor = AuditView { screen, look }.draw(area, &mut buffer);
            let lang = if lang == Lang::En { "en" } else { "ru" };
            snapshot::check(&format!("audit-{name}-{width}-{lang}"), &buffer);
        }
    }
}

fn verdict(ok: bool) -> AuditVerdict {
    AuditVerdict {
        ok,
        records: 1234,
        files: 3,
        first_seq: Some(1),
        head: Some("ab".repeat(32)),
        problem: (!ok).then(|| "1-2026-11-27.jsonl:17 (record 17): its hash does not fit".into()),
    }
}

#[test]
fn pictures_of_every_state() {
    let mut loading = AuditScreen::default();
    loading.open();
    picture("loading", &loading);
    let mut empty = AuditScreen::default();
    empty.open();
    empty.loaded(AuditReply::Page { filter: AuditFilter::default(), outcome: Ok(AuditPage::default()) });
    picture("empty", &empty);
    picture("filled", &filled());
    let mut whole = filled();
    whole.loaded(AuditReply::Verified(Ok(verdict(true))));
    picture("whole", &whole);
    let mut broken = filled();
    broken.loaded(AuditReply::Verified(Ok(verdict(false))));
    picture("broken", &broken);
    let mut record = filled();
    record.press(Action::Open);
    picture("record", &record);
    let mut filtering = filled();
    filtering.press(Action::Search);
    "kind=tool слово".chars().for_each(|c| drop(filtering.typed(c)));
    picture("filter", &filtering);
    let mut failed = AuditScreen::default();
    failed.open();
    let fault = Fault::new(ErrorKind::Storage, "the audit log: cannot be read").hint("plyrum doctor");
    failed.loaded(AuditReply::Page { filter: AuditFilter::default(), outcome: Err(fault) });
    picture("error", &failed);
}

#[test]
fn a_filter_is_asked_for_and_an_answer_to_an_older_one_is_dropped() {
    let mut screen = filled();
    screen.press(Action::Search);
    "tool=run".chars().for_each(|c| drop(screen.typed(c)));
    let asked = screen.press(Action::Confirm);
    let filter = AuditFilter { tool: Some("run".into()), ..AuditFilter::default() };
    assert_eq!(asked, [AuditAsk::Load { filter: filter.clone(), limit: FIRST }]);
    screen.loaded(AuditReply::Page { filter: AuditFilter::default(), outcome: Ok(AuditPage::default()) });
    assert_eq!(screen.rows.len(), 5, "that was of no filter");
    screen.loaded(AuditReply::Page { filter, outcome: Ok(AuditPage::default()) });
    assert!(screen.rows.is_empty());
    assert!(screen.is_open_inside(), "escape takes the filter away first");
    assert_eq!(screen.press(Action::Escape).len(), 1);
    assert!(!screen.is_open_inside());
}

#[test]
fn older_records_are_asked_for_at_the_end() {
    let mut screen = filled();
    assert!(screen.press(Action::Bottom).is_empty());
    let asked = screen.press(Action::Down);
    assert_eq!(asked, [AuditAsk::Load { filter: AuditFilter::default(), limit: FIRST * 4 }]);
    assert!(screen.press(Action::Down).is_empty(), "they are on their way");
}

#[test]
fn v_verifies() {
    let mut screen = filled();
    assert_eq!(screen.press(Action::Verify), [AuditAsk::Verify]);
    screen.loaded(AuditReply::Verifying(8_192));
    assert!(matches!(screen.proof, Proof::UnderWay(8_192)));
    assert_eq!(screen.press(Action::Verify), [], "once at a time");
    screen.loaded(AuditReply::Verified(Ok(verdict(true))));
    assert!(matches!(&screen.proof, Proof::Done(verdict) if verdict.ok));
}

#[test]
fn what_comes_is_followed_while_the_list_is_looked_at() {
    let mut screen = filled();
    let at = |ms: i64| Timestamp::from_millis(1_000_000 + ms);
    assert_eq!(screen.wakes_at(), Some(Timestamp::from_millis(0)), "at once, to learn the time");
    assert_eq!(screen.tick(at(0)), None);
    assert_eq!(screen.wakes_at(), Some(at(1_000)));
    assert_eq!(screen.tick(at(999)), None);
    let filter = AuditFilter::default();
    assert_eq!(screen.tick(at(1_000)), Some(AuditAsk::Follow { filter: filter.clone(), limit: FIRST }));
    assert_eq!((screen.wakes_at(), screen.tick(at(9_000))), (None, None), "one look at a time");
    screen.loaded(AuditReply::Followed { filter: filter.clone(), outcome: Ok(None) });
    assert_eq!(screen.rows.len(), 5);
    assert!(screen.wakes_at().is_some());
    screen.press(Action::Open);
    assert_eq!(screen.wakes_at(), None, "a record is read in peace");
}

#[test]
fn the_mark_stays_on_the_newest_or_on_its_record() {
    let newer = || {
        let rows = (5..=12).rev().map(|seq| row(seq, "settle", "x")).collect();
        let outcome = Ok(Some(AuditPage { rows, has_more: false }));
        AuditReply::Followed { filter: AuditFilter::default(), outcome }
    };
    for (downs, marked) in [(0, 12), (1, 8), (4, 5)] {
        let mut screen = filled();
        (0..downs).for_each(|_| drop(screen.press(Action::Down)));
        screen.loaded(newer());
        assert_eq!(screen.chosen().map(|row| row.seq), Some(marked), "{downs} down");
    }
    let mut filtered = filled();
    filtered.filter = AuditFilter::of("kind=tool");
    filtered.loaded(newer());
    assert_eq!(filtered.rows.len(), 5, "that was of no filter");
}

#[test]
fn a_record_scrolls_to_its_end_and_no_further() {
    let mut screen = filled();
    screen.resize(Size::new(20, 4));
    screen.press(Action::Open);
    (0..99).for_each(|_| drop(screen.press(Action::Down)));
    let top = |screen: &AuditScreen| match &screen.mode {
        Mode::Record(opened) => (opened.top, opened.lines.len()),
        Mode::List | Mode::Filter(_) => panic!("it is open"),
    };
    let (end, lines) = top(&screen);
    assert_eq!(end, lines - 4);
    screen.press(Action::Up);
    assert_eq!(top(&screen).0, end - 1, "the first key up moves");
    screen.resize(Size::new(80, 40));
    assert_eq!(top(&screen).0, 0, "all of it is seen");
}
