//! Asks an address what it says, over http or https, and looks at the certificate and the clock that it shows.

use domain::Timestamp;
use rustls::pki_types::ServerName;
use rustls::{CertificateError, ClientConfig, RootCertStore};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use x509_parser::parse_x509_certificate;

/// More of an answer is not read.
const ANSWER_AT_MOST: u64 = 64 * 1024;

/// What was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) status: u16,
    pub(super) body: String,
    /// What the other side takes the time for.
    pub(super) date: Option<Timestamp>,
    /// Until when its certificate is good.
    pub(super) certificate_ends: Option<Timestamp>,
}

/// Why nothing was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Nobody knows the name.
    Name,
    /// Nobody answers, or not as a web server does.
    Silent,
    /// A browser would not go on.
    Certificate(String),
}

/// Asks `url`, which has a path. Public authorities vouch for certificates.
pub(super) async fn at(url: &str, patience: Duration) -> Result<Seen, Trouble> {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    timeout(patience, trusting(url, roots)).await.unwrap_or(Err(Trouble::Silent))
}

async fn trusting(url: &str, roots: RootCertStore) -> Result<Seen, Trouble> {
    let uri: http::Uri = url.parse().map_err(|_| Trouble::Name)?;
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let secure = uri.scheme_str() == Some("https");
    let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
    let addresses: Vec<_> = lookup_host((host.as_str(), port)).await.map_err(|_| Trouble::Name)?.collect();
    let stream = TcpStream::connect(&addresses[..]).await.map_err(|_| Trouble::Silent)?;
    if !secure {
        return ask(stream, &uri).await;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let client = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let client = client.map_err(|_| Trouble::Silent)?.with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from(host).map_err(|_| Trouble::Name)?;
    let stream = TlsConnector::from(Arc::new(client)).connect(name, stream).await.map_err(|error| refused(&error))?;
    let ends = stream.get_ref().1.peer_certificates().and_then(<[_]>::first).and_then(|certificate| {
        let (_, certificate) = parse_x509_certificate(certificate).ok()?;
        Some(Timestamp(certificate.validity().not_after.timestamp() * 1000))
    });
    Ok(Seen { certificate_ends: ends, ..ask(stream, &uri).await? })
}

fn refused(error: &io::Error) -> Trouble {
    match error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidCertificate(why)) => Trouble::Certificate(match why {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has ended".to_owned(),
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "it is not good yet: is this machine's clock right?".to_owned()
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "it is for another name".to_owned()
            }
            CertificateError::UnknownIssuer => "no known authority vouches for it".to_owned(),
            other => other.to_string(),
        }),
        _ => Trouble::Silent,
    }
}

/// With HTTP/1.0, so that the answer comes in one piece and ends with the connection.
async fn ask(mut stream: impl AsyncRead + AsyncWrite + Unpin, uri: &http::Uri) -> Result<Seen, Trouble> {
    let authority = uri.authority().map_or("", http::uri::Authority::as_str);
    let request = format!("GET {} HTTP/1.0\r\nHost: {authority}\r\nUser-Agent: paxora doctor\r\n\r\n", uri.path());
    stream.write_all(request.as_bytes()).await.map_err(|_| Trouble::Silent)?;
    let mut answer = vec![];
    // A connection that breaks off has said what it had to say.
    let _ = stream.take(ANSWER_AT_MOST).read_to_end(&mut answer).await;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").ok_or(Trouble::Silent)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or(Trouble::Silent)?;
    let date = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let date = httpdate::parse_http_date(value.trim()).ok().filter(|_| name.eq_ignore_ascii_case("date"))?;
        let since = date.duration_since(std::time::UNIX_EPOCH).ok()?;
        i64::try_from(since.as_millis()).ok().map(Timestamp)
    });
    Ok(Seen { status, body: body.to_owned(), date, certificate_ends: None })
}

#[cfg(test)]
mod tests;
