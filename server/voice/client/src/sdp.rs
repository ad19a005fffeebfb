//! The little that has to be known of a session description beside what str0m reads in it.

use std::collections::HashSet;

/// One section of a description.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Section {
    pub mid: String,
    /// Whether the one who wrote it sends in this section.
    pub sends: bool,
    /// `a=msid`: the stream and the track.
    pub msid: Option<(String, String)>,
    /// The payload type of plain Opus.
    pub opus: Option<u8>,
    /// The payload type of Opus with redundancy.
    pub red: Option<u8>,
}

/// The sections of a description.
pub(crate) fn sections(sdp: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for line in sdp.lines() {
        if line.starts_with("m=") {
            // A section without a direction sends and receives, but one with port 0 is refused.
            let refused = line.split(' ').nth(1) == Some("0");
            sections.push(Section { sends: !refused, ..Section::default() });
            continue;
        }
        let Some(section) = sections.last_mut() else { continue };
        let Some((name, value)) = line.strip_prefix("a=").map(|line| line.split_once(':').unwrap_or((line, ""))) else {
            continue;
        };
        match name {
            "mid" => section.mid = value.to_owned(),
            "recvonly" | "inactive" => section.sends = false,
            "msid" => section.msid = value.split_once(' ').map(|(stream, track)| (stream.into(), track.into())),
            "rtpmap" => match value.split_once(' ').map(|(pt, codec)| (pt.parse().ok(), codec.to_ascii_lowercase())) {
                Some((pt, codec)) if codec.starts_with("opus/") => section.opus = pt,
                Some((pt, codec)) if codec.starts_with("red/48000") => section.red = pt,
                _ => {}
            },
            _ => {}
        }
    }
    sections
}

/// An offer as a browser writes it: with the names and numbers of a stream only where it sends one. str0m writes them
/// everywhere.
pub(crate) fn as_a_browser_writes_it(sdp: &str) -> String {
    let sending: HashSet<String> = sections(sdp).into_iter().filter(|s| s.sends).map(|s| s.mid).collect();
    let mut mids = sections(sdp).into_iter().map(|section| section.mid);
    let mut keep = true;
    let mut written = String::with_capacity(sdp.len());
    for line in sdp.lines() {
        if line.starts_with("m=") {
            keep = mids.next().is_some_and(|mid| sending.contains(&mid));
        }
        let of_a_stream = line.starts_with("a=ssrc") || line.starts_with("a=msid:");
        if keep || !of_a_stream {
            written.push_str(line);
            written.push_str("\r\n");
        }
    }
    written
}

/// Whether two sections have the same name.
pub(crate) fn has_twins(sdp: &str) -> bool {
    let sections = sections(sdp);
    let names: HashSet<&str> = sections.iter().map(|section| section.mid.as_str()).collect();
    names.len() < sections.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFER: &str = "v=0\r\na=msid-semantic:WMS *\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\na=mid:abc\r\na=recvonly\r\n\
        a=msid:x y\r\na=rtpmap:111 opus/48000/2\r\na=rtpmap:63 red/48000/2\r\na=ssrc:1 cname:y\r\n\
        m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:def\r\na=sendonly\r\na=msid:s t\r\na=ssrc:2 cname:t\r\n\
        m=video 0 UDP/TLS/RTP/SAVPF 96\r\na=mid:ghi\r\n";

    #[test]
    fn a_description_is_read() {
        let read = sections(OFFER);
        let heard = Section {
            mid: "abc".into(),
            msid: Some(("x".into(), "y".into())),
            opus: Some(111),
            red: Some(63),
            sends: false,
        };
        let sent =
            Section { mid: "def".into(), msid: Some(("s".into(), "t".into())), sends: true, ..Section::default() };
        assert_eq!(read, [heard, sent, Section { mid: "ghi".into(), ..Section::default() }]);
    }

    #[test]
    fn streams_are_named_only_where_they_are_sent() {
        let written = as_a_browser_writes_it(OFFER);
        assert!(!written.contains("a=ssrc:1") && !written.contains("a=msid:x"), "{written}");
        assert!(written.contains("a=ssrc:2 cname:t\r\n") && written.contains("a=msid:s t\r\n"), "{written}");
        assert!(written.contains("a=msid-semantic:WMS *\r\n"), "{written}");
    }

    #[test]
    fn twins_are_seen() {
        assert!(!has_twins(OFFER));
        assert!(has_twins(&OFFER.replace("def", "abc")));
    }
}
