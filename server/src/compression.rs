//! Makes pages small for the way.
//!
//! Files are there in a smaller form already (`files_first`); events must not be held back; and what the server functions answer
//! is too short to be worth it.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderValue, StatusCode};
use std::io::Write;

/// Writes a page as gzip for whoever reads that.
pub(crate) async fn compress(request: Request, next: Next) -> Response {
    let reads_gzip = reads_gzip(request.headers());
    let response = next.run(request).await;
    let is_page = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if !is_page || response.headers().contains_key(CONTENT_ENCODING) {
        return response;
    }
    let (mut head, body) = response.into_parts();
    head.headers.append(VARY, HeaderValue::from_static("accept-encoding"));
    if !reads_gzip {
        return Response::from_parts(head, body);
    }
    let packed = match to_bytes(body, usize::MAX).await {
        Ok(page) => pack(&page),
        Err(error) => Err(std::io::Error::other(error)),
    };
    match packed {
        Ok(packed) => {
            head.headers.remove(CONTENT_LENGTH);
            head.headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            Response::from_parts(head, Body::from(packed))
        }
        Err(error) => {
            tracing::error!(%error, "a page broke off");
            head.status = StatusCode::INTERNAL_SERVER_ERROR;
            Response::from_parts(head, Body::empty())
        }
    }
}

fn pack(page: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut packed = GzEncoder::new(Vec::with_capacity(page.len() / 4), Compression::fast());
    packed.write_all(page)?;
    packed.finish()
}

/// Whether gzip is among what is accepted, and not with a weight of zero.
fn reads_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse::<f32>().ok());
        name.trim().eq_ignore_ascii_case("gzip") && weight != Some(0.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_for_those_who_read_it() {
        for (accepts, reads) in [
            ("gzip, deflate, br", true),
            ("br;q=1.0, GZIP;q=0.5", true),
            ("gzip;q=0, br", false),
            ("br", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(accepts));
            assert_eq!(reads_gzip(&headers), reads, "{accepts}");
        }
    }
}
