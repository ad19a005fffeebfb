//! Finds out who sent a request, once, before anything else looks at it.

use app::api::{SessionCookie, Visitor};
use app::error::{ApiError, Problem};
use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use backend::{Actor, Backend};
use http::HeaderMap;
use http::request::Parts;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// What is needed to tell who somebody is.
#[derive(Clone)]
pub(crate) struct Doorman {
    pub(crate) backend: Backend,
    pub(crate) cookie: SessionCookie,
    pub(crate) trusted_proxies: Arc<[IpAddr]>,
}

/// Puts a [`Visitor`] into the request's extensions.
pub(crate) async fn recognise(State(doorman): State<Doorman>, mut request: Request, next: Next) -> Response {
    let peer = peer_of(&request).unwrap_or(IpAddr::from([0, 0, 0, 0]));
    let address = client_address(peer, request.headers(), &doorman.trusted_proxies);
    let actor = match doorman.cookie.find(request.headers()) {
        Some(secret) => match doorman.backend.authenticate(&secret).await {
            Ok(actor) => actor,
            Err(error) => return ApiError::from(error).into_response(),
        },
        None => None,
    };
    request.extensions_mut().insert(Visitor { actor, address });
    next.run(request).await
}

/// Who has connected. Where one socket listens for both, an address of IPv4 comes as one of IPv6.
pub(crate) fn peer_of(request: &Request) -> Option<IpAddr> {
    request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip().to_canonical())
}

/// The nearest address that is not a proxy of ours. What a client writes into `X-Forwarded-For` itself stands further
/// left and is never reached.
fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
    let mut address = peer;
    let forwarded = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = forwarded.flat_map(|value| value.split(',')).collect();
    for hop in hops.iter().rev() {
        if !trusted.contains(&address) {
            break;
        }
        match hop.trim().parse() {
            Ok(before) => address = IpAddr::to_canonical(&before),
            Err(_) => break,
        }
    }
    address
}

/// Whoever is signed in; 401 for everybody else.
pub(crate) struct SignedIn(pub(crate) Actor);

impl<S: Sync> FromRequestParts<S> for SignedIn {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let visitor = parts.extensions.get::<Visitor>();
        visitor.and_then(|visitor| visitor.actor.clone()).map(SignedIn).ok_or_else(|| Problem::SignedOut.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(peer: &str, forwarded: &'static str, trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", forwarded.parse().unwrap());
        let trusted: Vec<IpAddr> = trusted.iter().map(|ip| ip.parse().unwrap()).collect();
        client_address(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn a_proxy_is_believed_only_if_it_is_trusted() {
        assert_eq!(address("10.0.0.1", "203.0.113.7", &[]), "10.0.0.1");
        assert_eq!(address("10.0.0.1", "203.0.113.7", &["10.0.0.1"]), "203.0.113.7");
        assert_eq!(address("10.0.0.1", "::ffff:203.0.113.7", &["10.0.0.1"]), "203.0.113.7");
    }

    #[test]
    fn what_a_client_claims_about_itself_is_not_believed() {
        assert_eq!(address("10.0.0.1", "1.2.3.4, 203.0.113.7", &["10.0.0.1"]), "203.0.113.7");
        assert_eq!(address("10.0.0.1", "rubbish", &["10.0.0.1"]), "10.0.0.1");
    }
}
