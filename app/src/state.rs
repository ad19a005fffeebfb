//! What is live in a browser tab.
//!
//! [`Live`] is the parish as the server tells it: one event stream, and polling whenever that cannot be trusted.
//! [`VoiceCalls`] is this person's calls: which ring, which one they are in, and the audio that belongs to it. Both stand
//! above the router, so that going from page to page never touches them. So does the `Ringer`, which is what they hear of
//! all this: rings and tones. `Reach` is how the device is reached while no page is open,
//! and `Writing` what they write.

mod live;
mod reach;
mod ringer;
mod voice_calls;
mod writing;

pub use live::{InitialCommunity, Live, provide_live, use_live};
pub(crate) use reach::{Standing, Test, provide_reach, use_reach};
pub(crate) use ringer::{Aloud, provide_ringer, use_ringer};
pub use voice_calls::{
    Device, Devices, Ending, InRoom, Microphone, MuteNews, Phase, Quality, Sound, VoiceCalls, is_unanswered,
    provide_voice_calls, use_voice_calls,
};
pub use writing::PlainForm;
pub(crate) use writing::{Outgoing, provide_writing, use_writing};
