//! What members report to those who look after the parish.

use crate::{MemberId, MessageId, ReportId, Role, Timestamp};
use serde::{Deserialize, Serialize};

/// What somebody reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reported {
    /// What somebody wrote.
    Message(MessageId),
    /// Somebody.
    Member(MemberId),
}

/// What was done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Nothing had to be done, or it was done by talking.
    Nothing,
    /// The message, or the member, was removed.
    Removed,
}

/// A report that nobody has closed yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Which one.
    pub id: ReportId,
    /// Who reports.
    pub by: MemberId,
    /// Who is reported: the author, if it is about a message.
    pub about: MemberId,
    /// The message, unless it is about the member.
    pub message: Option<ReportedMessage>,
    /// What whoever reports says about it; perhaps nothing.
    pub note: String,
    /// When.
    pub at: Timestamp,
}

/// A message that was reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportedMessage {
    /// Which one.
    pub id: MessageId,
    /// What it said then, whatever it says now.
    pub text: String,
}

/// Whether somebody sees and closes reports: who leads, but for what is about themselves.
#[must_use]
pub fn may_judge(role: Role, blocked: bool) -> bool {
    !blocked && role.leads()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_leads_sees_reports_unless_blocked() {
        assert_eq!(Role::ALL.map(|role| may_judge(role, false)), [false, true, true]);
        assert_eq!(Role::ALL.map(|role| may_judge(role, true)), [false; 3]);
    }
}
