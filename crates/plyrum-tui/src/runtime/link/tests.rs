use super::*;
use std::os::unix::net::UnixStream;

/// A desk without a connection, what is called of it, and what it tells.
fn desk() -> (Desk, mpsc::Sender<Call>, mpsc::Receiver<Message>) {
    let (calls, called) = mpsc::channel(WAITING);
    let (tell, told) = mpsc::channel(WAITING);
    let (waker, _woken) = UnixStream::pair().unwrap();
    let teller = Teller::new(tell, waker);
    let desk = Desk {
        calls: called,
        waiting: VecDeque::new(),
        current: None,
        withdrawn: Withdrawn::default(),
        teller,
    };
    (desk, calls, told)
}

fn order(ticket: u64) -> Call {
    Call::Submit(Box::new(Order { ticket, prompt: format!("number {ticket}"), ..Order::default() }))
}

fn given_back(message: Message) -> u64 {
    match message {
        Message::Reply(Reply::Submitted { ticket, outcome: Err((fault, order)), is_again: false }) => {
            assert_eq!((fault.kind, order.ticket), (ErrorKind::Cancelled, ticket));
            ticket
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn pauses_double_up_to_the_last() {
    let (mut desk, _calls, _told) = desk();
    let (mut pause, mut rested) = (FIRST_PAUSE, Vec::new());
    for _ in 0..8 {
        let began = Instant::now();
        assert!(desk.rest(&mut pause).await.is_ok());
        rested.push(began.elapsed().as_millis());
    }
    // The clock of tokio goes by whole milliseconds.
    let expected = [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000];
    assert!(rested.iter().zip(expected).all(|(is, should)| (should..=should + 2).contains(is)), "{rested:?}");
}

#[tokio::test(start_paused = true)]
async fn an_order_that_is_withdrawn_while_there_is_no_connection_comes_back_at_once_and_only_it() {
    let (mut desk, calls, mut told) = desk();
    for ticket in 1..=3 {
        calls.try_send(order(ticket)).unwrap();
    }
    let withdrawn = desk.withdrawn.clone();
    let began = Instant::now();
    let resting = tokio::spawn(async move {
        let mut pause = LAST_PAUSE;
        let rested = desk.rest(&mut pause).await.is_ok();
        (desk, rested)
    });
    tokio::task::yield_now().await;
    withdrawn.add(2);
    assert_eq!(given_back(told.recv().await.unwrap()), 2);
    assert!(began.elapsed() < LAST_PAUSE);
    let (mut desk, rested) = resting.await.unwrap();
    assert!(rested && told.try_recv().is_err());
    let mut left = Vec::new();
    for _ in 0..2 {
        if let Some(Call::Submit(order)) = desk.next().await {
            left.push(order.ticket);
        }
    }
    assert_eq!(left, [1, 3], "in their order");
}

#[tokio::test(start_paused = true)]
async fn an_order_that_may_have_arrived_does_not_come_back_before_the_daemon_was_asked() {
    for (was_sent, expected) in [(false, true), (true, false)] {
        let (mut desk, _calls, mut told) = desk();
        let Call::Submit(order) = order(7) else { return };
        let submit = Submit {
            run: RunId::new("ab12cd34ef567890").unwrap(),
            session: None,
            prompt: String::new(),
            attachments: Vec::new(),
            options: order.options.clone(),
            workspace: None,
            client: String::new(),
            owner: Owner::Detached,
            dry_run: false,
            compact: None,
        };
        let call = Prepared::Submit { ticket: 7, submit: Box::new(submit), enclosed: Vec::new(), order };
        desk.current = Some(Current { call, was_sent });
        desk.withdrawn.add(7);
        assert!(desk.give_back_withdrawn().await.is_ok());
        assert_eq!(told.try_recv().map(given_back).ok(), expected.then_some(7));
        assert_eq!(desk.current.is_none(), expected);
    }
}
