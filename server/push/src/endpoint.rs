//! Where we send: the push services of browsers, and what the operator adds.

use crate::message::Unfit;
use reqwest::Url;
use std::net::IpAddr;
use std::str::FromStr;

/// The push service of Chrome, and of most browsers made of it.
const GOOGLE: &str = "fcm.googleapis.com";
/// Firefox, Safari, Edge: any name below these.
const BELOW: [&str; 3] = [".push.services.mozilla.com", ".push.apple.com", ".notify.windows.com"];
/// Real ones have a few hundred characters.
const LONGEST: usize = 2048;

/// One more place to send to, read from `push.example.org` or, for tests, `http://127.0.0.1:PORT`.
///
/// A host is sent to as the known ones are: by https, on port 443, if its address is public. Only the second kind may
/// be plain http and on this machine, and only at exactly that port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtraHost(Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Host(String),
    Loopback { origin: String },
}

/// Neither kind of [`ExtraHost`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither a host like push.example.org (lower case, no port, no path) nor http://127.0.0.1:PORT")]
pub struct NotAHost(String);

impl FromStr for ExtraHost {
    type Err = NotAHost;

    fn from_str(entry: &str) -> Result<Self, NotAHost> {
        let kind = if is_loopback_origin(entry) {
            Kind::Loopback { origin: entry.to_owned() }
        } else if is_host(entry) {
            Kind::Host(entry.to_owned())
        } else {
            return Err(NotAHost(entry.to_owned()));
        };
        Ok(ExtraHost(kind))
    }
}

fn is_loopback_origin(entry: &str) -> bool {
    let Ok(url) = Url::parse(entry) else { return false };
    let address = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    url.scheme() == "http"
        && address.parse().is_ok_and(|address: IpAddr| address.is_loopback())
        && url.origin().ascii_serialization() == entry
}

fn is_host(entry: &str) -> bool {
    // What the parser takes for an address in disguise, it writes in another way.
    is_name(entry)
        && entry.contains('.')
        && Url::parse(&format!("https://{entry}")).is_ok_and(|url| url.domain() == Some(entry))
}

/// Names in lower case, without the dot at the end that would make the same name another text.
fn is_name(host: &str) -> bool {
    let fits = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    host.split('.').all(|label| !label.is_empty() && label.bytes().all(fits))
}

/// Where an endpoint leads, if we send there.
pub(crate) fn target(endpoint: &str, extra: &[ExtraHost]) -> Result<Url, Unfit> {
    if endpoint.len() > LONGEST {
        return Err(Unfit::TooLong);
    }
    let url = Url::parse(endpoint).map_err(|_| Unfit::NotAnAddress)?;
    let uri: http::Uri = endpoint.parse().map_err(|_| Unfit::NotAnAddress)?;
    // Browsers hand it out in its one normal spelling. Whatever has another one is an attempt to be read in two ways:
    // by us here, and by the client that connects, which reads it as a `Uri`.
    let one_reading = url.as_str() == endpoint && uri.host() == url.host_str() && uri.port_u16() == url.port();
    if !one_reading || !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(Unfit::NotAnAddress);
    }
    let origin = url.origin().ascii_serialization();
    if extra.iter().any(|ExtraHost(kind)| matches!(kind, Kind::Loopback { origin: it } if *it == origin)) {
        return Ok(url);
    }
    if url.scheme() != "https" || url.port().is_some() {
        return Err(Unfit::NotHttps);
    }
    let extra = |host: &str| extra.iter().any(|ExtraHost(kind)| matches!(kind, Kind::Host(it) if it == host));
    match url.domain() {
        Some(host) if is_push_service(host) || extra(host) => Ok(url),
        _ => Err(Unfit::UnknownHost),
    }
}

fn is_push_service(host: &str) -> bool {
    host == GOOGLE || BELOW.iter().any(|parent| host.strip_suffix(parent).is_some_and(is_name))
}

/// What a host is called without what whoever subscribes may have made up: any name below these is sent to.
pub(crate) fn service(host: &str) -> &str {
    let parent = BELOW.iter().find(|parent| host.ends_with(**parent));
    parent.map_or(host, |parent| parent.trim_start_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_browsers_hand_out_is_sent_to() {
        for endpoint in [
            "https://fcm.googleapis.com/fcm/send/eKClHsXFm9E:APA91bH2x3gNOMv4dF1lQfCgIfOet8EngqKCAUS5DncLOd5hzfSUxcjigIjw9ws",
            "https://fcm.googleapis.com/wp/eKClHsXFm9E:APA91bH2x3gNOMv4dF1lQfCgIfOet8EngqKCAUS5DncLOd5hzfSUxcjigIjw9ws",
            "https://updates.push.services.mozilla.com/wpush/v2/gAAAAABaso4Vajy4STM25r5y5oFfyN451rUmES6mhQngxABxbZB5q_o75W",
            "https://web.push.apple.com/QOJFbKqyBWVxNn8OPBLhXpTlhqNPKiGGIQ1ZrqQxFyQFRqCkEB5v0gmrwKxyBFBrNCiFXzqRjO",
            "https://api.push.apple.com/3/device/QOJFbKqy",
            "https://wns2-par02p.notify.windows.com/w/?token=BQYAAAD5%2fZ2Nm%2bkV0oLQwJ1g%3d%3d",
            "https://db5p.wns2.notify.windows.com/w/?token=BQYAAAD5%2fZ2Nm",
        ] {
            assert_eq!(target(endpoint, &[]).unwrap().as_str(), endpoint);
        }
    }

    #[test]
    fn a_service_has_one_name_whatever_stands_before_it() {
        for (host, name) in [
            ("fcm.googleapis.com", "fcm.googleapis.com"),
            ("updates.push.services.mozilla.com", "push.services.mozilla.com"),
            ("web.push.apple.com", "push.apple.com"),
            ("annas.phone.push.apple.com", "push.apple.com"),
            ("wns2-par02p.notify.windows.com", "notify.windows.com"),
            ("push.example.org", "push.example.org"),
        ] {
            assert_eq!(service(host), name);
        }
    }

    #[test]
    fn a_host_that_is_added_is_sent_to_by_https_and_no_name_below_it_is() {
        let extra = ["push.example.org".parse().unwrap()];
        assert!(target("https://push.example.org/up?id=1", &extra).is_ok());
        assert_eq!(target("http://push.example.org/up", &extra), Err(Unfit::NotHttps));
        assert_eq!(target("https://push.example.org:8443/up", &extra), Err(Unfit::NotHttps));
        assert_eq!(target("https://a.push.example.org/up", &extra), Err(Unfit::UnknownHost));
        assert_eq!(target("https://example.org/up", &extra), Err(Unfit::UnknownHost));
    }

    #[test]
    fn of_this_machine_only_the_port_that_is_added_is_sent_to() {
        for (added, good) in
            [("http://127.0.0.1:8990", "http://127.0.0.1:8990/push/1"), ("http://[::1]:8990", "http://[::1]:8990/1")]
        {
            let extra = [added.parse().unwrap()];
            assert!(target(good, &extra).is_ok(), "{good}");
            for other in [
                "http://127.0.0.1:8991/push/1",
                "http://127.0.0.1/push/1",
                "http://127.0.0.2:8990/push/1",
                "http://localhost:8990/push/1",
                "https://127.0.0.1:8990/push/1",
                "http://user@127.0.0.1:8990/push/1",
                "http://127.1:8990/push/1",
                "http://[::ffff:127.0.0.1]:8990/1",
            ] {
                assert!(target(other, &extra).is_err(), "{other}");
            }
        }
    }

    #[test]
    fn an_entry_that_is_neither_kind_says_so() {
        for entry in [
            "",
            "localhost",
            "*.example.org",
            "Push.example.org",
            "push.example.org.",
            ".example.org",
            "push..example.org",
            "push.example.org:443",
            "push.example.org/path",
            "https://push.example.org",
            "http://push.example.org",
            "http://127.0.0.1:8990/",
            "http://127.0.0.1:8990/push",
            "http://localhost:8990",
            "http://10.0.0.1:8990",
            "http://0.0.0.0:8990",
            "http://user@127.0.0.1:8990",
            "https://127.0.0.1:8990",
            "127.0.0.1",
            "127.1",
            "0x7f.1",
            "[::1]",
            "bücher.example",
            "xn--.example",
            "push.example.org,other.example.org",
            "a b.example",
        ] {
            let error = entry.parse::<ExtraHost>().unwrap_err().to_string();
            assert!(error.starts_with(&format!("`{entry}` is neither")), "{error}");
        }
    }
}
