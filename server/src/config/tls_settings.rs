//! How https comes to this server without a proxy in front.

use crate::doors::Authority;
use anyhow::ensure;
use clap::Args;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Settings of https, of which DOMAIN is the one that matters.
#[derive(Args, Clone, Debug)]
pub(crate) struct TlsConfig {
    /// The name people type, like parish.example: gets a certificate for it, and serves https; without it, plain HTTP at LISTEN only, for a proxy
    #[arg(long, env = "DOMAIN", global = true)]
    pub(super) domain: Option<String>,
    /// Where https is served, if there is a DOMAIN: from outside, it must be reached at port 443
    #[arg(long, env = "HTTPS_LISTEN", default_value = "[::]:443", global = true)]
    pub(crate) https_listen: SocketAddr,
    /// Where http is led to https, if there is a DOMAIN
    #[arg(long, env = "HTTP_LISTEN", default_value = "[::]:80", global = true)]
    pub(crate) http_listen: SocketAddr,
    /// The e-mail address that the certificate authority may write to
    #[arg(long, env = "ACME_CONTACT", global = true)]
    acme_contact: Option<String>,
    /// The certificate authority: the address of its ACME directory
    #[arg(
        long,
        env = "ACME_DIRECTORY",
        default_value = "https://acme-v02.api.letsencrypt.org/directory",
        global = true
    )]
    acme_directory: String,
    /// A file with the certificate that vouches for the authority itself, if it is one of your own
    #[arg(long, env = "ACME_ROOT", global = true)]
    acme_root: Option<PathBuf>,
    /// The folder in which keys and certificates are kept
    #[arg(long, env = "CERTIFICATES_DIR", default_value = "data/certificates", global = true)]
    certificates_dir: PathBuf,
}

impl TlsConfig {
    /// The name, if there is one.
    pub(crate) fn domain(&self) -> Option<&str> {
        self.domain.as_deref().filter(|domain| !domain.is_empty())
    }

    /// Who is asked for a certificate; none if https is not ours to serve.
    pub(crate) fn authority(&self) -> anyhow::Result<Option<Authority>> {
        let Some(domain) = self.domain() else { return Ok(None) };
        let label = |label: &str| {
            !label.is_empty() && label.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-')
        };
        ensure!(
            domain.contains('.') && domain.split('.').all(label) && domain.parse::<std::net::IpAddr>().is_err(),
            "DOMAIN must be a name like parish.example, in small letters, without https:// and without a port; it is {domain:?}"
        );
        let contact = self.acme_contact.as_deref().filter(|contact| !contact.is_empty());
        ensure!(
            contact.is_none_or(|contact| contact.contains('@') && !contact.contains(':')),
            "ACME_CONTACT must be an e-mail address"
        );
        Ok(Some(Authority {
            domain: domain.to_owned(),
            contact: contact.map(str::to_owned),
            directory: self.acme_directory.clone(),
            root: self.acme_root.clone().filter(|root| !root.as_os_str().is_empty()),
            folder: self.certificates_dir.clone(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use crate::config::tests::config;

    #[test]
    fn without_a_domain_https_is_left_to_a_proxy() {
        assert!(config(&[]).tls.authority().unwrap().is_none());
        assert!(config(&["--domain="]).tls.authority().unwrap().is_none());
        assert_eq!(config(&[]).public_url(3000).unwrap(), "http://localhost:3000");
    }

    #[test]
    fn a_domain_is_what_people_type() {
        let here = config(&["--domain=parish.example"]);
        assert_eq!(here.public_url(3000).unwrap(), "https://parish.example");
        assert!(!here.only_here());
        assert_eq!(here.session_cookie(), app::api::SessionCookie::Secure);
        let elsewhere = config(&["--domain=parish.example", "--public-url=https://parish.example:8443"]);
        assert_eq!(elsewhere.public_url(3000).unwrap(), "https://parish.example:8443");
        for other in ["https://other.example", "http://parish.example"] {
            let other = config(&["--domain=parish.example", "--public-url", other]).public_url(3000).unwrap_err();
            assert!(other.to_string().starts_with("PUBLIC_URL must be https://parish.example"), "{other}");
        }
    }

    #[test]
    fn what_is_no_domain_is_named_in_one_sentence() {
        for wrong in
            ["https://parish.example", "parish.example:443", "localhost", "203.0.113.5", "Parish.example", "a..b"]
        {
            let error = config(&["--domain", wrong]).tls.authority().unwrap_err().to_string();
            assert!(error.starts_with("DOMAIN must be a name like parish.example"), "{error}");
        }
        let error = config(&["--domain=parish.example", "--acme-contact=mailto:a@b"]).tls.authority().unwrap_err();
        assert_eq!(error.to_string(), "ACME_CONTACT must be an e-mail address");
    }
}
