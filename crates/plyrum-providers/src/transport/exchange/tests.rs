//! Every limit of waiting on paused time, over bodies that are scripts of delays and bytes.

use super::*;
use crate::call_ids::CallIds;
use crate::wire::format;
use crate::{Channel, Endpoint, ProviderStream, Stop, Wire};

const DELTA: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n";
const STOP: &str = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// A body that gives each text so long after it was asked for it, and then nothing.
struct Script {
    steps: VecDeque<(Duration, String)>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Stream for Script {
    type Item = Result<Bytes, End>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(&(delay, _)) = self.steps.front() else { return Poll::Pending };
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(delay)));
        if timer.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        self.timer = None;
        let step = self.steps.pop_front();
        Poll::Ready(step.map(|(_, text)| Ok(Bytes::from(text))))
    }
}

fn mask() -> Arc<Mask> {
    Arc::new(Mask::new(Endpoint::new("lab", Wire::OpenAiChat, "")))
}

fn stream(body: impl Stream<Item = Result<Bytes, End>> + Send + 'static) -> ProviderStream {
    let body: Body = Box::pin(body);
    let opening: Opening = Box::pin(async move { Ok(body) });
    ProviderStream::new(Exchange::new(
        opening,
        format(Wire::OpenAiChat).decoder(CallIds::default()),
        Timeouts::default(),
        mask(),
        None,
    ))
}

fn script(steps: impl IntoIterator<Item = (u64, &'static str)>) -> Script {
    let steps = steps.into_iter().map(|(delay, text)| (seconds(delay), text.to_owned())).collect();
    Script { steps, timer: None }
}

async fn end(mut stream: ProviderStream) -> (Close, u64) {
    let start = Instant::now();
    while let Some(event) = stream.next().await {
        if let StreamEvent::Closed(close) = event {
            return (close, start.elapsed().as_secs());
        }
    }
    panic!("the stream has no Closed")
}

#[track_caller]
fn timed_out(close: &Close, limit: &str) {
    match close {
        Close::Failed(error) if error.class == ErrorClass::Timeout => {
            assert!(error.message.contains(&format!("limit `{limit}`")), "{error}");
            assert!(error.message.starts_with("provider `lab`: "), "{error}");
        }
        other => panic!("{other:?} is not a timeout of {limit}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_never_answers_meets_the_total() {
    let opening: Opening = Box::pin(std::future::pending());
    let exchange = Exchange::new(
        opening,
        format(Wire::OpenAiChat).decoder(CallIds::default()),
        Timeouts::default(),
        mask(),
        None,
    );
    let (close, at) = end(ProviderStream::new(exchange)).await;
    timed_out(&close, "total");
    assert_eq!(at, 1800);
}

#[tokio::test(start_paused = true)]
async fn silence_after_the_headers_meets_idle_bytes() {
    let (close, at) = end(stream(script([]))).await;
    timed_out(&close, "idle_bytes");
    assert_eq!(at, 90);
}

#[tokio::test(start_paused = true)]
async fn comments_are_bytes_and_no_first_event() {
    let (close, at) = end(stream(script(std::iter::repeat_n((30, ": ping\n\n"), 100)))).await;
    timed_out(&close, "first_event");
    assert_eq!(at, 120);
}

#[tokio::test(start_paused = true)]
async fn comments_after_text_meet_idle_events() {
    let pings = std::iter::repeat_n((50, ": ping\n\n"), 100);
    let (close, at) = end(stream(script([(1, DELTA)].into_iter().chain(pings)))).await;
    timed_out(&close, "idle_events");
    assert_eq!(at, 601);
}

#[tokio::test(start_paused = true)]
async fn a_stall_in_the_middle_of_a_line_meets_idle_bytes() {
    let (close, at) = end(stream(script([(1, DELTA), (1, "data: {\"cho")]))).await;
    timed_out(&close, "idle_bytes");
    assert_eq!(at, 92);
}

#[tokio::test(start_paused = true)]
async fn one_byte_a_second_is_slow_and_fine() {
    let bytes = [DELTA, STOP, "data: [DONE]\n\n"].concat();
    let steps = bytes.chars().map(|byte| (seconds(1), byte.to_string())).collect();
    let (close, at) = end(stream(Script { steps, timer: None })).await;
    assert_eq!(close, Close::Finished(Stop::EndTurn));
    assert_eq!(at, bytes.len() as u64);
}

#[tokio::test(start_paused = true)]
async fn an_endless_answer_meets_the_total() {
    let (close, at) = end(stream(script(std::iter::repeat_n((10, DELTA), 1000)))).await;
    timed_out(&close, "total");
    assert_eq!(at, 1800);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_stops_and_neither_ends_nor_hangs_up_is_finished_soon() {
    let (close, at) = end(stream(script([(1, DELTA), (1, STOP)]))).await;
    assert_eq!((close, at), (Close::Finished(Stop::EndTurn), 12));
}

#[tokio::test(start_paused = true)]
async fn comments_after_the_stop_do_not_hold_the_answer_for_ever() {
    let pings = std::iter::repeat_n((5, ": ping\n\n"), 1000);
    let (close, at) = end(stream(script([(1, STOP)].into_iter().chain(pings)))).await;
    assert_eq!((close, at), (Close::Finished(Stop::EndTurn), 91));
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_is_not_the_providers_fault() {
    let mut stream = stream(script([(1, DELTA), (80, DELTA), (80, DELTA)]));
    assert_eq!(stream.next().await, Some(StreamEvent::Opened));
    for _ in 0..3 {
        let delta = StreamEvent::Delta { channel: Channel::Answer, text: "a".to_owned() };
        assert_eq!(stream.next().await, Some(delta));
        tokio::time::advance(seconds(500)).await;
    }
    let (close, at) = end(stream).await;
    timed_out(&close, "idle_bytes");
    assert_eq!(at, 90, "the time away is not counted, the silence is");
}

#[tokio::test(start_paused = true)]
async fn comments_that_are_always_ready_neither_starve_others_nor_outrun_the_limits() {
    struct Flood;
    impl Stream for Flood {
        type Item = Result<Bytes, End>;
        fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            Poll::Ready(Some(Ok(Bytes::from_static(b": ping\n\n"))))
        }
    }
    let clock = tokio::spawn(tokio::time::advance(seconds(121)));
    let (close, _) = end(stream(Flood)).await;
    timed_out(&close, "first_event");
    clock.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_body_over_64_mib_is_refused() {
    let comment = format!(": {}\n\n", "x".repeat(1024 * 1024 - 16));
    let steps = std::iter::repeat_n((Duration::ZERO, comment), 66).collect();
    match end(stream(Script { steps, timer: None })).await.0 {
        Close::Failed(error) => assert_eq!(error.class, ErrorClass::Protocol, "{error}"),
        other => panic!("{other:?}"),
    }
}
