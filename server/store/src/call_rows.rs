//! A call as rows, and back. Only what the domain can mean gets through.

use crate::StoreError;
use crate::row::{At, Word};
use domain::{
    Call, CallState, CallStatus, EndReason, MemberId, Participant, ParticipantStatus, Participation, Prompt, Reacted,
    Timestamp,
};

/// A row of a call joined with one of its participants.
#[derive(sqlx::FromRow)]
pub(crate) struct JoinedRow {
    #[sqlx(flatten)]
    call: CallRow,
    #[sqlx(flatten)]
    participant: ParticipantRow,
}

/// A row of `calls`, with the kind of its channel.
#[derive(sqlx::FromRow)]
pub(crate) struct CallRow {
    pub(crate) id: String,
    pub(crate) channel_id: String,
    pub(crate) kind: String,
    pub(crate) initiator_id: String,
    pub(crate) audience: String,
    pub(crate) status: String,
    pub(crate) end_reason: Option<String>,
    pub(crate) started_at: Option<i64>,
    pub(crate) ended_at: Option<i64>,
    pub(crate) created_at: i64,
    pub(crate) version: i64,
    pub(crate) locked: i64,
}

/// A row of `participants`; everything is null if the call has none.
#[derive(sqlx::FromRow)]
pub(crate) struct ParticipantRow {
    pub(crate) member_id: Option<String>,
    pub(crate) participant_status: Option<String>,
    pub(crate) ring_until: Option<i64>,
    pub(crate) joined_at: Option<i64>,
    pub(crate) left_at: Option<i64>,
    pub(crate) epoch: Option<i64>,
    pub(crate) device: Option<String>,
    pub(crate) guest: Option<i64>,
    pub(crate) hushed: Option<i64>,
    pub(crate) busy: Option<i64>,
    pub(crate) quiet: Option<i64>,
    pub(crate) rings_on: Option<String>,
    pub(crate) asleep: Option<i64>,
    pub(crate) rung_by: Option<String>,
    pub(crate) put_out: Option<i64>,
    pub(crate) hand_at: Option<i64>,
    pub(crate) prompt: Option<String>,
    pub(crate) prompt_by: Option<String>,
    pub(crate) prompt_at: Option<i64>,
    pub(crate) reaction: Option<String>,
    pub(crate) reaction_at: Option<i64>,
}

/// Calls from rows in which those of one call follow each other.
pub(crate) fn calls(rows: Vec<JoinedRow>) -> Result<Vec<Call>, StoreError> {
    let mut groups: Vec<(CallRow, Vec<ParticipantRow>)> = Vec::new();
    for row in rows {
        match groups.last_mut() {
            Some((call, participants)) if call.id == row.call.id => participants.push(row.participant),
            _ => groups.push((row.call, vec![row.participant])),
        }
    }
    groups.into_iter().map(Call::try_from_rows).collect()
}

trait TryFromRows: Sized {
    fn try_from_rows(rows: (CallRow, Vec<ParticipantRow>)) -> Result<Self, StoreError>;
}

impl TryFromRows for Call {
    fn try_from_rows((row, participants): (CallRow, Vec<ParticipantRow>)) -> Result<Self, StoreError> {
        let at = At { table: "calls", row: &row.id };
        let participants =
            participants.iter().map(|participant| participant.read(&row.id)).collect::<Result<Vec<_>, StoreError>>()?;
        let call = Call {
            id: at.id(&row.id)?,
            channel: at.id(&row.channel_id)?,
            kind: at.word(&row.kind)?,
            initiator: at.id(&row.initiator_id)?,
            audience: at.word(&row.audience)?,
            created: Timestamp(row.created_at),
            state: state(&row)?,
            locked: row.locked == 1,
            participants,
            version: at.count(row.version)?,
        };
        let goes_on = |p: &Participant| {
            matches!(
                p.participation,
                Participation::Connected { .. } | Participation::Invited { .. } | Participation::Ringing { .. }
            )
        };
        // A call that is over keeps nobody, and a call always has the one who started it.
        let legal =
            call.participant(call.initiator).is_some() && !(call.is_over() && call.participants.iter().any(goes_on));
        if legal { Ok(call) } else { Err(at.inconsistent()) }
    }
}

fn state(row: &CallRow) -> Result<CallState, StoreError> {
    let at = At { table: "calls", row: &row.id };
    let reason = row.end_reason.as_deref().map(|reason| at.word::<EndReason>(reason)).transpose()?;
    let (started, ended) = (row.started_at.map(Timestamp), row.ended_at.map(Timestamp));
    match (at.word(&row.status)?, started, ended, reason) {
        (CallStatus::Ringing, None, None, None) => Ok(CallState::Ringing),
        (CallStatus::Active, Some(since), None, None) => Ok(CallState::Active { since }),
        (CallStatus::Ended, Some(since), Some(at), Some(reason)) => Ok(CallState::Ended { since, at, reason }),
        (CallStatus::Missed, None, Some(at), Some(reason)) => Ok(CallState::Missed { at, reason }),
        (CallStatus::Declined, None, Some(at), Some(EndReason::Declined)) => Ok(CallState::Declined { at }),
        _ => Err(at.inconsistent()),
    }
}

impl ParticipantRow {
    fn read(&self, call: &str) -> Result<Participant, StoreError> {
        let (Some(member), Some(status), Some(epoch), Some(guest)) =
            (&self.member_id, &self.participant_status, self.epoch, self.guest)
        else {
            return Err(At { table: "calls", row: call }.inconsistent());
        };
        let row = format!("{call}, {member}");
        let at = At { table: "participants", row: &row };
        let [ring_until, joined, left] = [self.ring_until, self.joined_at, self.left_at].map(|at| at.map(Timestamp));
        let participation = match (at.word(status)?, ring_until, joined, left) {
            (ParticipantStatus::Invited, Some(ring_until), None, None) => Participation::Invited { ring_until },
            (ParticipantStatus::Ringing, Some(ring_until), None, None) => Participation::Ringing { ring_until },
            (ParticipantStatus::Invited, None, None, Some(at)) => Participation::Missed { at, rang: false },
            (ParticipantStatus::Ringing, None, None, Some(at)) => Participation::Missed { at, rang: true },
            (ParticipantStatus::Connected, None, Some(since), None) => {
                Participation::Connected { since, asleep: self.asleep == Some(1), hand: self.hand_at.map(Timestamp) }
            }
            (ParticipantStatus::Disconnected, None, Some(since), Some(until)) => {
                Participation::Disconnected { since, until }
            }
            (ParticipantStatus::Declined, None, None, Some(at)) => Participation::Declined { at },
            _ => return Err(at.inconsistent()),
        };
        let device = self.device.as_deref().map(|device| at.id(device)).transpose()?;
        let prompted_by = || self.prompt_by.as_deref().map(|member| at.id::<MemberId>(member)).transpose();
        let prompt = match (&self.prompt, self.prompt_at, prompted_by()?) {
            (Some(what), Some(when), Some(by)) => Some(Prompt { what: at.word(what)?, by, at: Timestamp(when) }),
            // Whoever it was is not a member any more.
            _ => None,
        };
        let reaction = match (&self.reaction, self.reaction_at) {
            (Some(with), Some(when)) => Some(Reacted { with: at.word(with)?, at: Timestamp(when) }),
            (None, None) => None,
            _ => return Err(at.inconsistent()),
        };
        let rings_on = self.rings_on.as_deref().unwrap_or_default().split_whitespace();
        Ok(Participant {
            member: at.id(member)?,
            participation,
            epoch: at.count(epoch)?,
            device,
            guest: guest == 1,
            hushed: self.hushed == Some(1),
            busy: self.busy == Some(1),
            quiet: self.quiet == Some(1),
            rings_on: rings_on.map(|device| at.id(device)).collect::<Result<_, _>>()?,
            rung_by: self.rung_by.as_deref().map(|member| at.id(member)).transpose()?,
            put_out: self.put_out == Some(1),
            prompt,
            reaction,
        })
    }
}

/// The columns of `calls` that follow from the call's state.
pub(crate) struct StateColumns {
    pub(crate) status: &'static str,
    pub(crate) end_reason: Option<&'static str>,
    pub(crate) started_at: Option<i64>,
    pub(crate) ended_at: Option<i64>,
    /// Whole seconds.
    pub(crate) duration: Option<i64>,
}

impl From<CallState> for StateColumns {
    fn from(state: CallState) -> Self {
        let (started_at, ended_at) = match state {
            CallState::Ringing => (None, None),
            CallState::Active { since } => (Some(since), None),
            CallState::Ended { since, at, .. } => (Some(since), Some(at)),
            CallState::Missed { at, .. } | CallState::Declined { at } => (None, Some(at)),
        };
        let duration = started_at.zip(ended_at).map(|(since, at)| at.since(since).as_secs());
        StateColumns {
            status: state.status().word(),
            end_reason: state.end_reason().map(Word::word),
            started_at: started_at.map(|at| at.0),
            ended_at: ended_at.map(|at| at.0),
            duration: duration.map(|seconds| i64::try_from(seconds).unwrap_or(i64::MAX)),
        }
    }
}

/// The columns of `participants` that follow from the participation.
pub(crate) struct ParticipationColumns {
    pub(crate) status: &'static str,
    pub(crate) ring_until: Option<i64>,
    pub(crate) joined_at: Option<i64>,
    pub(crate) left_at: Option<i64>,
    /// 0 or 1.
    pub(crate) asleep: i64,
    pub(crate) hand_at: Option<i64>,
}

impl From<Participation> for ParticipationColumns {
    fn from(participation: Participation) -> Self {
        let (joined_at, left_at) = match participation {
            Participation::Invited { .. } | Participation::Ringing { .. } => (None, None),
            Participation::Connected { since, .. } => (Some(since), None),
            Participation::Disconnected { since, until } => (Some(since), Some(until)),
            Participation::Declined { at } | Participation::Missed { at, .. } => (None, Some(at)),
        };
        ParticipationColumns {
            status: participation.status().word(),
            ring_until: participation.ring_until().map(|at| at.0),
            joined_at: joined_at.map(|at| at.0),
            left_at: left_at.map(|at| at.0),
            asleep: i64::from(matches!(participation, Participation::Connected { asleep: true, .. })),
            hand_at: match participation {
                Participation::Connected { hand, .. } => hand.map(|at| at.0),
                _ => None,
            },
        }
    }
}
