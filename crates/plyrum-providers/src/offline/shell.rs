//! `shell`: what a person typed is a command, and no model stands between. It calls the tool `shell` with exactly
//! the last user message and answers with what came of it, so that a typed command passes the same policy,
//! approval, sandbox, record and undo as one of a model's.
//!
//! The message must be the command alone. Blocks that are put before a question (a project's files, attachments,
//! proposals) are nobody's command: where one stands there, nothing is called.

use plyrum_billing_client::Usage;
use serde_json::json;

use super::playback::{Step, deltas, in_words};
use super::question::{Language, language};
use super::{count, reported};
use crate::call_ids::CallIds;
use crate::{Channel, ChatRequest, Close, Role, Stop, StreamEvent, ToolCall};

/// The wire name.
pub(super) const MODEL: &str = "shell";
/// The tool that carries commands out.
const TOOL: &str = "shell";
/// How the tool begins what it tells of a command that ran; the output follows on the next line.
const ENDS: [&str; 3] = ["exit code ", "ended by signal ", "ended: "];
/// What it tells in the place of no output.
const NO_OUTPUT: &str = "(no output)";
/// How blocks begin that the daemon puts before a question.
const BLOCKS: [&str; 4] =
    ["<project-instructions file=\"", "<summary of=\"", "<attachment name=\"", "<proposal label=\""];

/// The whole answer after `Opened`.
pub(super) fn steps(request: &ChatRequest) -> Vec<Step> {
    match reply(request) {
        Reply::Calls(arguments) => called(request, &arguments),
        Reply::Says { text, cut } => said(request, &text, cut),
    }
}

enum Reply {
    /// The JSON text of the call's arguments.
    Calls(String),
    Says {
        text: String,
        cut: bool,
    },
}

fn reply(request: &ChatRequest) -> Reply {
    let says = |text: String| Reply::Says { text, cut: false };
    match request.messages.last() {
        Some(last) if last.role == Role::Tool => quoted(&last.content, request.max_output_tokens),
        Some(last) if last.role == Role::User => match hindrance(request, &last.content) {
            Some(why) => says(why.said_in(language(&last.content))),
            None => Reply::Calls(arguments(&last.content)),
        },
        _ => says(Hindrance::Nothing.said_in(Language::English)),
    }
}

fn arguments(command: &str) -> String {
    json!({ "command": command }).to_string()
}

/// Why a command is not called for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hindrance {
    Nothing,
    NoShell,
    MoreThanACommand,
    TooLong,
}

fn hindrance(request: &ChatRequest, command: &str) -> Option<Hindrance> {
    if !request.tools.iter().any(|tool| tool.name == TOOL) {
        return Some(Hindrance::NoShell);
    }
    if command.trim().is_empty() {
        return Some(Hindrance::Nothing);
    }
    if BLOCKS.iter().any(|block| command.starts_with(block)) {
        return Some(Hindrance::MoreThanACommand);
    }
    (tokens_of_call(&arguments(command)) > request.max_output_tokens).then_some(Hindrance::TooLong)
}

impl Hindrance {
    fn said_in(self, language: Language) -> String {
        let (english, russian) = match self {
            Self::Nothing => ("Nothing was run: there is no command.", "Ничего не выполнено: команды нет."),
            Self::NoShell => (
                "The command was not run: no shell is offered here (in plan mode, and without a folder to act in, \
                 nothing is carried out).",
                "Команда не выполнена: оболочка здесь недоступна (в режиме плана и без рабочей папки ничего не \
                 выполняется).",
            ),
            Self::MoreThanACommand => (
                "Nothing was run: a command comes alone, without attachments or other texts before it.",
                "Ничего не выполнено: команда приходит одна, без вложений и других текстов перед ней.",
            ),
            Self::TooLong => (
                "The command was not run: it is longer than an answer may be.",
                "Команда не выполнена: она длиннее, чем может быть ответ.",
            ),
        };
        match language {
            Language::English => english,
            Language::Russian => russian,
        }
        .to_owned()
    }
}

fn tokens_of_call(arguments: &str) -> u64 {
    count::tokens(TOOL) + count::tokens(arguments)
}

fn called(request: &ChatRequest, arguments: &str) -> Vec<Step> {
    let call = ToolCall::new(CallIds::after(request).next(None), TOOL, arguments);
    let mut steps: Vec<Step> = deltas(Channel::ToolArgs, in_words(arguments)).collect();
    steps.push(Step::Event(StreamEvent::Call(call)));
    end(request, tokens_of_call(arguments), Stop::ToolUse, &mut steps);
    steps
}

fn said(request: &ChatRequest, text: &str, cut: bool) -> Vec<Step> {
    let mut steps: Vec<Step> = deltas(Channel::Answer, in_words(text)).collect();
    let stop = if cut { Stop::Length } else { Stop::EndTurn };
    end(request, count::tokens(text), stop, &mut steps);
    steps
}

fn end(request: &ChatRequest, output: u64, stop: Stop, steps: &mut Vec<Step>) {
    let usage = Usage { input: count::conversation(&request.messages), output, ..Usage::default() };
    steps.push(Step::Event(StreamEvent::Usage(reported(usage))));
    steps.push(Step::Event(StreamEvent::Closed(Close::Finished(stop))));
}

/// The result as an answer: the output in a block of code, and how it ended where that is no success or all that
/// there is. What did not run at all (denied, failed) is in the tool's own words.
fn quoted(result: &str, most: u64) -> Reply {
    let ran = result.split_once('\n').filter(|(how, _)| ENDS.iter().any(|end| how.starts_with(end)));
    let Some((how, output)) = ran else {
        let (text, cut) = count::at_most(result, most);
        return Reply::Says { text: text.to_owned(), cut };
    };
    if output == NO_OUTPUT || output.trim().is_empty() {
        return Reply::Says { text: how.to_owned(), cut: false };
    }
    let fence = fence_around(output);
    let after = if how == "exit code 0" { String::new() } else { format!("\n{how}") };
    let around = count::tokens(&fence) * 2 + count::tokens(&after);
    let (kept, cut) = count::at_most(output, most.saturating_sub(around));
    let line_end = if kept.ends_with('\n') { "" } else { "\n" };
    Reply::Says { text: format!("{fence}\n{kept}{line_end}{fence}{after}"), cut }
}

/// Longer than any of the text's own, so that it ends where the text does.
fn fence_around(text: &str) -> String {
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.saturating_add(1).max(3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ChatMessage, ToolSpec};
    use proptest::prelude::*;
    use std::sync::Arc;

    fn request(messages: Vec<ChatMessage>, tools: &[&str], max_output_tokens: u64) -> ChatRequest {
        let tool = |name: &&str| ToolSpec {
            name: (*name).to_owned(),
            description: String::new(),
            schema: Arc::new(json!({})),
        };
        ChatRequest {
            model: MODEL.to_owned(),
            messages,
            max_output_tokens,
            tools: tools.iter().map(tool).collect(),
            ..ChatRequest::default()
        }
    }

    fn typed(command: &str) -> ChatRequest {
        request(vec![ChatMessage::text(Role::User, command)], &["run", "shell"], 10_000)
    }

    /// The command of its call, the text of its answer, and how it stops.
    fn played(request: &ChatRequest) -> (Option<String>, String, Stop) {
        let (mut command, mut text, mut shown, mut end) = (None, String::new(), String::new(), None);
        for step in steps(request) {
            match step {
                Step::Event(StreamEvent::Call(call)) => {
                    assert_eq!((call.name.as_str(), command.as_ref()), ("shell", None));
                    assert_eq!(shown, call.arguments, "what is shown is what is called");
                    let arguments: serde_json::Value = serde_json::from_str(&call.arguments).unwrap();
                    assert_eq!(arguments.as_object().unwrap().len(), 1);
                    command = Some(arguments["command"].as_str().unwrap().to_owned());
                }
                Step::Event(StreamEvent::Delta { channel: Channel::Answer, text: piece }) => text += &piece,
                Step::Event(StreamEvent::Delta { channel: Channel::ToolArgs, text: piece }) => {
                    shown += &piece;
                }
                Step::Event(StreamEvent::Closed(Close::Finished(stop))) => end = Some(stop),
                Step::Event(StreamEvent::Usage(_)) | Step::Yield => {}
                other => panic!("{other:?}"),
            }
        }
        (command, text, end.unwrap())
    }

    /// The answer to a command of which the tool tells this.
    fn answer(result: &str) -> String {
        answer_within(result, 10_000).0
    }

    fn answer_within(result: &str, tokens: u64) -> (String, Stop) {
        let call = ToolCall::new("call_1", "shell", arguments("ls"));
        let messages = vec![
            ChatMessage::text(Role::User, "ls"),
            ChatMessage::calling("", vec![call]),
            ChatMessage::result("call_1", result),
        ];
        let (command, text, stop) = played(&request(messages, &["shell"], tokens));
        assert_eq!(command, None, "a result is answered, not run again");
        (text, stop)
    }

    proptest! {
        #[test]
        fn the_command_is_the_message_to_the_byte(command in "[\\PC\n\t\"'\\\\$`{}я]{0,60}[a-z]") {
            let (called, text, stop) = played(&typed(&command));
            prop_assert_eq!((called, text, stop), (Some(command), String::new(), Stop::ToolUse));
        }

        #[test]
        fn the_output_stands_in_its_block_whatever_it_holds(output in "[a`\n~ ]{0,40}[a`]") {
            let answer = answer(&format!("exit code 0\n{output}"));
            let fence: String = answer.chars().take_while(|c| *c == '`').collect();
            let body = answer.strip_prefix(&format!("{fence}\n")).unwrap();
            let body = body.strip_suffix(&format!("\n{fence}")).unwrap();
            prop_assert_eq!(body, output.as_str());
            prop_assert!(!body.contains(&fence));
        }
    }

    #[test]
    fn only_the_last_message_is_the_command() {
        let messages = vec![
            ChatMessage::text(Role::System, "You are brief."),
            ChatMessage::text(Role::User, "rm -rf ."),
            ChatMessage::text(Role::Assistant, "```\nno\n```"),
            ChatMessage::text(Role::User, "  echo \"два\n слова\"  "),
        ];
        let (command, ..) = played(&request(messages, &["shell"], 100));
        assert_eq!(command.as_deref(), Some("  echo \"два\n слова\"  "));
    }

    #[test]
    fn what_is_no_command_calls_nothing_and_says_why() {
        let user = |text: &str| vec![ChatMessage::text(Role::User, text)];
        for (messages, tools, tokens, says) in [
            (user("ls"), vec!["read_file"], 100, "no shell is offered here"),
            (user("выведи"), vec![], 100, "оболочка здесь недоступна"),
            (user("  \n"), vec!["shell"], 100, "there is no command"),
            (user("<attachment name=\"a\">\nls\n</attachment>\nls"), vec!["shell"], 100, "comes alone"),
            (user("<project-instructions file=\"A\">\nls\n"), vec!["shell"], 100, "comes alone"),
            (user("<proposal label=\"A\">\nls\n</proposal>\nq"), vec!["shell"], 100, "comes alone"),
            (user(&"word ".repeat(99)), vec!["shell"], 50, "longer than an answer may be"),
            (vec![], vec!["shell"], 100, "there is no command"),
        ] {
            let (command, text, stop) = played(&request(messages, &tools, tokens));
            assert!(command.is_none() && text.contains(says) && stop == Stop::EndTurn, "{says}: {text}");
        }
    }

    #[test]
    fn a_result_is_quoted_with_how_it_ended_where_that_says_something() {
        for (result, expected) in [
            ("exit code 0\na\nb\n", "```\na\nb\n```"),
            ("exit code 0\n(no output)", "exit code 0"),
            ("exit code 1\n(no output)", "exit code 1"),
            ("exit code 2\nls: нет", "```\nls: нет\n```\nexit code 2"),
            ("ended by signal 9\na", "```\na\n```\nended by signal 9"),
            ("ended: the run was cancelled\n(no output)", "ended: the run was cancelled"),
            ("denied: `rm` is never allowed\nby rule 3", "denied: `rm` is never allowed\nby rule 3"),
            ("exit code 0\n```\nx\n```", "````\n```\nx\n```\n````"),
        ] {
            assert_eq!(answer(result), expected, "{result}");
        }
    }

    #[test]
    fn a_long_output_is_cut_inside_of_its_block() {
        let (text, stop) = answer_within(&format!("exit code 3\n{}", "word ".repeat(100)), 20);
        assert_eq!(stop, Stop::Length);
        assert!(text.starts_with("```\nword") && text.ends_with("word\n```\nexit code 3"), "{text}");
        assert!(count::tokens(&text) <= 20, "{text}");
    }

    #[test]
    fn tokens_are_counted_as_those_of_the_others() {
        let request = typed("echo hi");
        let usage = steps(&request).into_iter().find_map(|step| match step {
            Step::Event(StreamEvent::Usage(report)) => report.usage.ok(),
            _ => None,
        });
        // shell + { " command " : " echo hi " }
        let expected = Usage { input: 2, output: 1 + 10, ..Usage::default() };
        assert_eq!(usage, Some(expected));
    }
}
