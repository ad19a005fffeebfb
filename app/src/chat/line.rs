//! What the timeline shows, worked out from what was said: who begins a block of words, which calls stand together.

use domain::{CallCard, CallStatus, Message, MessageId};
use std::collections::BTreeMap;

/// Words of one person within this time stand in one block.
const BLOCK_MS: i64 = 5 * 60 * 1000;

/// All that is known of a channel's timeline, without doubles, oldest first.
pub(crate) type Known = BTreeMap<MessageId, Message>;

/// A line of the timeline as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// The message; of several calls that stand together, the last.
    pub(crate) message: Message,
    /// Whether it begins a block, and so carries the name and the time.
    pub(crate) begins: bool,
    /// How many calls it stands for.
    pub(crate) times: u32,
}

/// The lines of a timeline.
pub(crate) fn lines(known: &Known) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::with_capacity(known.len());
    for message in known.values() {
        match lines.last_mut() {
            Some(last) if same_attempt(&last.message, message) => {
                last.message = message.clone();
                last.times += 1;
            }
            last => {
                let begins = !last.is_some_and(|last| same_block(&last.message, message));
                lines.push(Line { message: message.clone(), begins, times: 1 });
            }
        }
    }
    lines
}

fn same_block(last: &Message, next: &Message) -> bool {
    let together = last.call.is_none() && next.call.is_none() && last.author == next.author;
    together && next.sent_at.0 - last.sent_at.0 < BLOCK_MS
}

/// Somebody called, nobody answered, and they called again.
fn same_attempt(last: &Message, next: &Message) -> bool {
    let unanswered = |call: &CallCard| matches!(call.status, CallStatus::Missed | CallStatus::Declined);
    match (&last.call, &next.call) {
        (Some(a), Some(b)) => last.author == next.author && a.status == b.status && unanswered(a),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{CallId, ChannelId, MemberId, Timestamp};

    fn said(number: u128, author: u128, at: i64, call: Option<CallStatus>) -> (MessageId, Message) {
        let id = |n: u128| format!("{n:032x}");
        let message = Message {
            id: id(number).parse::<MessageId>().unwrap(),
            channel: id(1).parse::<ChannelId>().unwrap(),
            author: id(author).parse::<MemberId>().unwrap(),
            body: String::new(),
            call: call.map(|status| CallCard {
                id: id(number).parse::<CallId>().unwrap(),
                status,
                end_reason: None,
                duration: None,
                people: 1,
            }),
            sent_at: Timestamp(at),
        };
        (message.id, message)
    }

    fn shape(known: Vec<(MessageId, Message)>) -> Vec<(bool, u32)> {
        lines(&known.into_iter().collect()).into_iter().map(|line| (line.begins, line.times)).collect()
    }

    #[test]
    fn words_of_one_person_stand_together_for_five_minutes() {
        let known =
            vec![said(1, 7, 0, None), said(2, 7, 1_000, None), said(3, 8, 2_000, None), said(4, 8, 400_000, None)];
        assert_eq!(shape(known), [(true, 1), (false, 1), (true, 1), (true, 1)]);
    }

    #[test]
    fn calls_that_nobody_answered_stand_together_and_others_do_not() {
        let missed = Some(CallStatus::Missed);
        let known = vec![
            said(1, 7, 0, missed),
            said(2, 7, 60_000, missed),
            said(3, 7, 120_000, missed),
            said(4, 8, 130_000, missed),
            said(5, 8, 140_000, Some(CallStatus::Ended)),
            said(6, 8, 150_000, Some(CallStatus::Ended)),
        ];
        assert_eq!(shape(known), [(true, 3), (true, 1), (true, 1), (true, 1)]);
    }
}
