//! What the timeline shows, worked out from what was said: which messages are known without a gap, who begins a block of
//! words, which calls stand together, where a day begins.

use domain::channel::UNREAD_AT_MOST;
use domain::{CallCard, CallStatus, Content, MemberId, Message, MessageId, Timestamp};
use std::collections::BTreeMap;

/// Words of one person within this time stand in one block.
const BLOCK_MS: i64 = 5 * 60 * 1000;
/// As many lines as the server gives at a time: fewer mean that there is nothing earlier.
pub(super) const PAGE: usize = 50;

/// What is known of a channel's timeline: every line from the oldest to the newest of them, and no gap between.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Known {
    lines: BTreeMap<MessageId, Message>,
    /// Whether the oldest is the first that was ever written.
    from_the_start: bool,
    /// The newest page that was taken in last.
    newest_page: Option<Vec<Message>>,
}

impl Known {
    /// Takes in the newest page. What was known before it stays if nothing can have been missed between the two. A page that
    /// was taken in already says nothing new: lines may have changed since.
    pub(super) fn with_newest(before: Option<&Known>, page: &[Message]) -> Known {
        if let Some(before) = before.filter(|before| before.newest_page.as_deref() == Some(page)) {
            return before.clone();
        }
        let complete = page.len() < PAGE;
        let mut known = match before {
            Some(before) if complete || page.iter().any(|message| before.lines.contains_key(&message.id)) => {
                before.clone()
            }
            _ => Known::default(),
        };
        known.from_the_start |= complete;
        known.lines.extend(page.iter().map(|message| (message.id, message.clone())));
        known.newest_page = Some(page.to_vec());
        known
    }

    /// Takes in the page before `oldest`, unless that is not known (any more). What is known already of its lines is newer.
    pub(super) fn add_earlier(&mut self, oldest: MessageId, page: &[Message]) {
        if self.lines.contains_key(&oldest) {
            self.from_the_start |= page.len() < PAGE;
            for message in page {
                self.lines.entry(message.id).or_insert_with(|| message.clone());
            }
        }
    }

    /// Takes in lines that came since the newest page, or that say something else now. What is older than all we know is
    /// passed over: there may be more between.
    pub(super) fn add_arrived(&mut self, arrived: &[Message]) {
        let oldest = self.lines.keys().next().copied();
        for message in arrived {
            if self.from_the_start || oldest.is_none_or(|oldest| oldest <= message.id) {
                self.lines.insert(message.id, message.clone());
            }
        }
    }

    /// Takes in what lines say now that are known already.
    pub(super) fn add_changed(&mut self, arrived: &[Message]) {
        for message in arrived {
            if let Some(line) = self.lines.get_mut(&message.id) {
                line.clone_from(message);
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    pub(super) fn oldest(&self) -> Option<MessageId> {
        self.lines.keys().next().copied()
    }

    pub(super) fn newest(&self) -> Option<MessageId> {
        self.lines.keys().next_back().copied()
    }

    /// Whether there may be earlier lines.
    pub(super) fn has_earlier(&self) -> bool {
        !self.from_the_start && !self.lines.is_empty()
    }

    /// What is known of a message.
    pub(super) fn message(&self, id: MessageId) -> Option<&Message> {
        self.lines.get(&id)
    }

    /// Those messages of this member that their devices have sent, by the nonce.
    pub(super) fn has_sent(&self, nonce: domain::Nonce) -> bool {
        self.lines.values().rev().any(|line| line.words().is_some_and(|words| words.nonce == Some(nonce)))
    }

    /// Where the lines begin that were not read: at the one that is said to be the first, or the next, if that is gone; or
    /// so many lines by others before the end. None while that is not known.
    pub(super) fn first_unread(
        &self,
        me: Option<MemberId>,
        unread: u32,
        first: Option<MessageId>,
    ) -> Option<MessageId> {
        let by_others = |line: &&Message| Some(line.author) != me;
        match (first, unread) {
            (Some(first), _) => {
                let reaches_back =
                    self.from_the_start || self.lines.keys().next().is_some_and(|oldest| *oldest <= first);
                self.lines
                    .range(first..)
                    .map(|(_, line)| line)
                    .find(by_others)
                    .map(|line| line.id)
                    .filter(|_| reaches_back)
            }
            (None, 0 | UNREAD_AT_MOST..) => None,
            (None, unread) => self.lines.values().rev().filter(by_others).map(|line| line.id).nth(unread as usize - 1),
        }
    }
}

/// A line of the timeline as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Line {
    /// Which message; of several calls that stand together, the last.
    pub(super) id: MessageId,
    pub(super) author: MemberId,
    pub(super) content: Content,
    pub(super) sent_at: Timestamp,
    /// Whether it begins a block, and so carries the name and the time.
    pub(super) begins: bool,
    /// How many calls it stands for, and when the first of them was.
    pub(super) times: u32,
    pub(super) since: Timestamp,
    /// Whether it is the first of its day.
    pub(super) begins_day: bool,
    /// Whether it is the first that was not read when the channel was opened.
    pub(super) begins_unread: bool,
}

/// The lines of a timeline. `day_of`: the number of the day of a moment, where the reader is.
pub(super) fn lines(known: &Known, first_unread: Option<MessageId>, day_of: impl Fn(i64) -> i64) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::with_capacity(known.lines.len());
    for message in known.lines.values() {
        let begins_day = lines.last().is_none_or(|last| day_of(last.sent_at.0) != day_of(message.sent_at.0));
        let begins_unread = first_unread == Some(message.id);
        let apart = begins_day || begins_unread;
        match lines.last_mut() {
            Some(last) if !apart && same_attempt(last, message) => {
                last.id = message.id;
                last.content = message.content.clone();
                last.sent_at = message.sent_at;
                last.times += 1;
            }
            last => {
                let begins = apart || !last.is_some_and(|last| same_block(last, message));
                lines.push(Line {
                    id: message.id,
                    author: message.author,
                    content: message.content.clone(),
                    sent_at: message.sent_at,
                    begins,
                    times: 1,
                    since: message.sent_at,
                    begins_day,
                    begins_unread,
                });
            }
        }
    }
    lines
}

fn same_block(last: &Line, next: &Message) -> bool {
    let together = !matches!(last.content, Content::Call(_)) && next.card().is_none() && last.author == next.author;
    together && next.sent_at.0 - last.sent_at.0 < BLOCK_MS
}

/// Somebody called, nobody answered, and they called again.
fn same_attempt(last: &Line, next: &Message) -> bool {
    let unanswered = |call: &CallCard| matches!(call.status, CallStatus::Missed | CallStatus::Declined);
    match (&last.content, next.card()) {
        (Content::Call(a), Some(b)) => last.author == next.author && a.status == b.status && unanswered(a),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{CallId, Nonce, Words};

    const DAY: i64 = 86_400_000;

    fn id<T: std::str::FromStr>(number: u128) -> T {
        format!("{number:032x}").parse().unwrap_or_else(|_| unreachable!("it is an id"))
    }

    fn line(number: u128, author: u128, at: i64, content: Content) -> Message {
        Message { id: id(number), channel: id(1), author: id(author), content, sent_at: Timestamp(at) }
    }

    fn said(number: u128, author: u128, at: i64) -> Message {
        line(number, author, at, Content::Words(Words { nonce: Some(id(number)), ..Words::plain("hello".to_owned()) }))
    }

    fn removed(number: u128, author: u128, at: i64) -> Message {
        line(number, author, at, Content::Removed(domain::Remover::Author))
    }

    fn called(number: u128, author: u128, at: i64, status: CallStatus) -> Message {
        let call: CallId = id(number);
        let card = CallCard { id: call, status, end_reason: None, duration: None, people: 1 };
        line(number, author, at, Content::Call(card))
    }

    fn known(lines: &[Message]) -> Known {
        Known { from_the_start: true, ..Known::with_newest(None, lines) }
    }

    fn shape(said: &[Message]) -> Vec<(bool, u32)> {
        lines(&known(said), None, |_| 0).into_iter().map(|line| (line.begins, line.times)).collect()
    }

    fn numbers(known: &Known) -> Vec<u128> {
        known.lines.keys().map(|id| id.0.as_u128()).collect()
    }

    fn page(numbers: std::ops::Range<u128>) -> Vec<Message> {
        numbers.map(|number| said(number, 7, 0)).collect()
    }

    #[test]
    fn words_of_one_person_stand_together_for_five_minutes() {
        let said = [said(1, 7, 0), said(2, 7, 1_000), said(3, 8, 2_000), said(4, 8, 400_000)];
        assert_eq!(shape(&said), [(true, 1), (false, 1), (true, 1), (true, 1)]);
    }

    #[test]
    fn calls_that_nobody_answered_stand_together_and_others_apart() {
        let missed = |number, author| called(number, author, 0, CallStatus::Missed);
        let said = [missed(1, 7), missed(2, 7), missed(3, 8), called(4, 8, 0, CallStatus::Ended), missed(5, 8)];
        assert_eq!(shape(&said), [(true, 2), (true, 1), (true, 1), (true, 1)]);
        let together =
            &lines(&known(&[called(1, 7, 5, CallStatus::Missed), called(2, 7, 9, CallStatus::Missed)]), None, |_| 0)[0];
        assert_eq!((together.since, together.sent_at), (Timestamp(5), Timestamp(9)));
    }

    #[test]
    fn what_is_gone_stands_in_its_block() {
        let gone = removed(2, 7, 1);
        assert_eq!(shape(&[said(1, 7, 0), gone, said(3, 7, 2)]), [(true, 1), (false, 1), (false, 1)]);
    }

    #[test]
    fn a_day_and_what_was_not_read_begin_anew() {
        let said = [said(1, 7, 0), said(2, 7, 1), said(3, 7, DAY), said(4, 7, DAY + 1)];
        let lines = lines(&known(&said), Some(id(2)), |at| at / DAY);
        let shape: Vec<_> = lines.iter().map(|line| (line.begins, line.begins_day, line.begins_unread)).collect();
        assert_eq!(shape, [(true, true, false), (true, false, true), (true, true, false), (false, false, false)]);
    }

    #[test]
    fn what_was_not_read_begins_at_its_first_line_or_so_many_lines_of_others_before_the_end() {
        let begins = |known: &Known, unread, first: Option<u128>| {
            known.first_unread(Some(id(8)), unread, first.map(id)).map(|id: MessageId| id.0.as_u128())
        };
        let all = known(&[said(1, 7, 0), said(2, 8, 0), said(4, 7, 0), said(5, 8, 0)]);
        let counted = [0, 1, 2, 3, UNREAD_AT_MOST].map(|unread| begins(&all, unread, None));
        assert_eq!(counted, [None, Some(4), Some(1), None, None]);
        // The third is gone.
        let said_first = [1, 3, 4, 5].map(|first| begins(&all, UNREAD_AT_MOST, Some(first)));
        assert_eq!(said_first, [Some(1), Some(4), Some(4), None]);
        let newest = Known::with_newest(None, &page(100..150));
        assert_eq!([99, 100].map(|first| begins(&newest, UNREAD_AT_MOST, Some(first))), [None, Some(100)]);
    }

    #[test]
    fn what_is_sent_is_known_by_its_nonce() {
        let known = known(&[said(1, 7, 0)]);
        assert!(known.has_sent(id::<Nonce>(1)) && !known.has_sent(id::<Nonce>(2)));
    }

    #[test]
    fn after_a_silence_what_was_known_stays_if_the_newest_page_follows_on_it() {
        let before = Known::with_newest(None, &page(100..150));
        assert!(before.has_earlier());
        let known = Known::with_newest(Some(&before), &page(149..199));
        assert_eq!(numbers(&known), (100..199).collect::<Vec<_>>());
        assert!(known.has_earlier());
    }

    #[test]
    fn after_a_long_silence_it_begins_again_rather_than_hide_a_gap() {
        let mut before = Known::with_newest(None, &page(100..150));
        before.add_earlier(id(100), &page(60..100));
        assert!(!before.has_earlier());
        let mut known = Known::with_newest(Some(&before), &page(200..250));
        assert_eq!(numbers(&known), (200..250).collect::<Vec<_>>());
        assert!(known.has_earlier());
        // Fetched before the silence: it no longer follows.
        known.add_earlier(id(100), &page(60..100));
        known.add_arrived(&[said(99, 7, 0), said(250, 7, 0)]);
        assert_eq!(numbers(&known), (200..251).collect::<Vec<_>>());
        known.add_earlier(id(200), &page(150..200));
        assert_eq!(numbers(&known), (150..251).collect::<Vec<_>>());
    }

    #[test]
    fn what_is_gone_stays_gone_when_the_same_pages_come_again() {
        let (newest, earlier) = (page(100..150), page(50..100));
        let look = |before: Option<&Known>, arrived: &[Message]| {
            let mut known = Known::with_newest(before, &newest);
            known.add_earlier(id(100), &earlier);
            known.add_arrived(arrived);
            known
        };
        let gone = [removed(70, 7, 0), removed(120, 7, 0)];
        let known = look(Some(&look(None, &[])), &gone);
        let again = look(Some(&known), &[]);
        assert_eq!(gone.each_ref().map(|gone| again.message(gone.id)), gone.each_ref().map(Some));
        // What a newer page says of a line counts.
        let newer = Known::with_newest(Some(&again), &page(101..151));
        assert_eq!(newer.message(id(120)), Some(&said(120, 7, 0)));
    }

    #[test]
    fn a_page_that_is_not_full_begins_at_the_start() {
        let known = Known::with_newest(None, &page(1..4));
        assert!(!known.has_earlier());
        assert!(!Known::with_newest(Some(&known), &[]).has_earlier());
        assert!(!Known::default().has_earlier());
    }
}
