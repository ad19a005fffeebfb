//! Where each person of a call stands.

use super::notes::{About, matter};
use crate::i18n::{I18n, t};
use crate::state::InRoom;
use crate::ui::Glyph;
use domain::{CallSnapshot, MemberId, ParticipantStatus};

/// Where somebody stands in a call, as the others see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Told to ring; no phone of theirs has confirmed it.
    Called,
    /// Told to ring, in their quiet hours: no phone of theirs does.
    Quiet,
    /// A phone of theirs rings.
    Ringing,
    Here,
    /// In the call, and cannot be heard.
    Muted,
    /// In the call, on a phone that sleeps.
    Asleep,
    /// In the call, over a weak connection.
    Weak,
    /// Their seat is kept for them.
    ComingBack,
    Left,
    Declined,
    /// Their ring ended without an answer.
    Missed,
}

impl Standing {
    /// Told to ring, whether or not a phone of theirs does.
    pub(super) fn is_called(self) -> bool {
        matches!(self, Standing::Called | Standing::Ringing | Standing::Quiet)
    }

    /// Was in the call, or could have come, and is not there now.
    pub(super) fn is_absent(self) -> bool {
        matches!(self, Standing::Declined | Standing::Missed | Standing::Left | Standing::ComingBack)
    }

    /// The mark on the face, so that nobody has to read.
    pub(super) fn mark(self) -> Option<Glyph> {
        match self {
            Standing::Muted => Some(Glyph::MicOff),
            Standing::Asleep => Some(Glyph::Sleep),
            Standing::Weak => Some(Glyph::TriangleAlert),
            Standing::ComingBack => Some(Glyph::WifiOff),
            _ => None,
        }
    }

    /// In the call, however well.
    pub(super) fn is_there(self) -> bool {
        matches!(self, Standing::Here | Standing::Muted | Standing::Asleep | Standing::Weak | Standing::ComingBack)
    }
}

/// Where somebody stands; none who is not of this call.
pub(super) fn standing(call: &CallSnapshot, member: MemberId, person: Option<&InRoom>) -> Option<Standing> {
    let participant = call.participants.iter().find(|participant| participant.member == member)?;
    Some(match (participant.status, participant.ring_left_ms) {
        (ParticipantStatus::Connected, _) => match matter(participant, person) {
            Some(About::Asleep) => Standing::Asleep,
            Some(About::ComingBack) => Standing::ComingBack,
            Some(About::Weak) => Standing::Weak,
            None if person.is_some_and(|person| person.muted) => Standing::Muted,
            None => Standing::Here,
        },
        (ParticipantStatus::Disconnected, _) => Standing::Left,
        (ParticipantStatus::Declined, _) => Standing::Declined,
        (ParticipantStatus::Invited | ParticipantStatus::Ringing, None) => Standing::Missed,
        (ParticipantStatus::Invited, Some(_)) if participant.quiet => Standing::Quiet,
        (ParticipantStatus::Invited, Some(_)) => Standing::Called,
        (ParticipantStatus::Ringing, Some(_)) => Standing::Ringing,
    })
}

/// In words; none where there is nothing to say.
pub(super) fn words(i18n: I18n, standing: Standing) -> &'static str {
    match standing {
        Standing::Here => "",
        Standing::Asleep => t!(i18n, call.standing.asleep),
        Standing::Muted => t!(i18n, call.standing.muted),
        Standing::Weak => t!(i18n, call.standing.weak),
        Standing::ComingBack => t!(i18n, call.standing.coming_back),
        Standing::Called => t!(i18n, call.standing.called),
        Standing::Ringing => t!(i18n, call.standing.ringing),
        Standing::Quiet => t!(i18n, call.standing.quiet),
        Standing::Left => t!(i18n, call.standing.left),
        Standing::Declined => t!(i18n, call.standing.declined),
        Standing::Missed => t!(i18n, call.standing.missed),
    }
}
