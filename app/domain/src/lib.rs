//! What Paxora is about, without a clock and without IO.
//!
//! Here live the words of `docs/vocabulary.md` as types, the rules as pure functions, and the [call state
//! machine](call). The same code runs in the server and in the browser. Time is always an argument; what a rule wants
//! done to the world comes back as a value.
//!
//! What does not belong here: SQL, HTTP, LiveKit, the DOM, and sentences a person reads (those are translated).

pub mod call;
pub mod channel;
pub mod community;
pub mod device;
pub mod event;
pub mod id;
pub mod language;
pub mod member;
pub mod message;
pub mod parish;
pub mod quiet;
pub mod record;
pub mod report;
pub mod search;
pub mod snapshot;
pub mod text;
pub mod time;

pub use call::{
    Audience, Call, CallError, CallState, Callee, Callees, Command, Effect, EndReason, Lead, Participant,
    Participation, Prompt, Prompted, Reacted, Reaction, RingChange, Sign, may_lead,
};
pub use channel::{Channel, ChannelKind, Notices};
pub use community::{Access, Community, Seat, Tap};
pub use event::{Event, Live};
pub use id::{CallId, ChannelId, DeviceId, InviteId, MemberId, MessageId, Nonce, ParishId, PersonId, ReportId};
pub use language::Language;
pub use member::{Hue, Member, NoSuchHue, Role};
pub use message::{CallCard, Content, Leads, Mark, Message, Remover, Words};
pub use parish::{
    Care, DeviceCode, Group, GroupChange, HandedOut, OpenInvite, QrCode, may_care, may_keep_groups, may_oversee,
    may_oversee_server,
};
pub use quiet::{QuietHours, WallTime};
pub use record::{CallRecord, Part};
pub use report::{Outcome, Report, Reported};
pub use search::Found;
pub use snapshot::{CallSnapshot, CallStatus, ParticipantSnapshot, ParticipantStatus};
pub use time::Timestamp;
