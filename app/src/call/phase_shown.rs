//! How the call stands, as it is shown.

use crate::state::{Phase, use_voice_calls};
use leptos::prelude::*;
use std::time::Duration;

/// So long a connection may be lost before anybody is told: when the other one hangs up, it is gone a moment before the server
/// says that the call is over.
const PASSING: Duration = Duration::from_secs(1);

/// The phase, but for a connection that was lost a moment ago.
pub(super) fn phase_shown() -> Signal<Phase> {
    let phase = use_voice_calls().phase();
    let lost = Memo::new(move |_| phase.with(|phase| matches!(phase, Phase::Reconnecting(_))));
    let lasting = RwSignal::new(false);
    Effect::new(move || {
        if lost.get() {
            // By then, all that shows it may stand there anew, in another language.
            let lasts = move || _ = lost.try_get_untracked().and_then(|lost| lasting.try_set(lost));
            set_timeout(lasts, PASSING);
        } else {
            lasting.set(false);
        }
    });
    Memo::new(move |before: Option<&Phase>| match (phase.get(), before) {
        (Phase::Reconnecting(call), Some(Phase::InCall(_))) if !lasting.get() => Phase::InCall(call),
        (phase, _) => phase,
    })
    .into()
}
