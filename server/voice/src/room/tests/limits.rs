//! What one person may ask for, so that the others have their peace.

use super::script::{Browser, Script, microphone};
use livekit_protocol as proto;
use proto::signal_request::Message as Request;
use proto::signal_response::Message as Response;

#[test]
fn a_microphone_with_endless_features_is_refused_and_nobody_is_told_of_it() {
    let mut script = Script::new();
    let [mut anna, mut ben] = ["anna", "ben"].map(|name| script.joins(name));
    script.opens_microphone(&ben);
    anna.told();
    let adds = |script: &mut Script, ben: &Browser, features: usize| {
        let audio_features = vec![proto::AudioTrackFeature::TfAutoGainControl.into(); features];
        let wanted = proto::AddTrackRequest { audio_features, ..microphone(&format!("with {features}")) };
        script.says(ben, Request::AddTrack(wanted));
        script.room.people[&ben.id].tracks.len()
    };
    assert_eq!(adds(&mut script, &ben, 7), 2, "as many as LiveKit knows");
    ben.told();
    assert_eq!(adds(&mut script, &ben, 10_000), 2);
    assert!(matches!(ben.told()[..], [Response::RequestResponse(_)]));
    assert!(anna.told().is_empty());
}
