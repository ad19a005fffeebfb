//! Certificates, from an authority that is asked by ACME (RFC 8555) and looks for the answer on our own port (RFC 8737).

use anyhow::{Context, ensure};
use async_trait::async_trait;
use futures::StreamExt;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use rustls_acme::{AccountCache, AcmeConfig, AcmeState, CertCache, EventOk};
use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Who is asked for certificates, for what, and where they are kept.
#[derive(Debug, Clone)]
pub(crate) struct Authority {
    /// The name that people type.
    pub(crate) domain: String,
    /// Whom the authority may write to.
    pub(crate) contact: Option<String>,
    /// Its first address.
    pub(crate) directory: String,
    /// Who vouches for the authority itself, if not those whom browsers trust.
    pub(crate) root: Option<PathBuf>,
    /// The folder for keys and certificates.
    pub(crate) folder: PathBuf,
}

type State = AcmeState<io::Error>;

/// What is shown to whoever connects.
#[derive(Clone)]
pub(super) struct Certificates {
    domain: Arc<str>,
    /// To people.
    pub(super) ours: Arc<ServerConfig>,
    /// To the authority.
    pub(super) challenge: Arc<ServerConfig>,
    state: Arc<Mutex<Option<State>>>,
}

impl Certificates {
    pub(super) fn from(authority: Authority) -> anyhow::Result<Certificates> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots(authority.root.as_deref())?)
            .with_no_client_auth();
        let state = AcmeConfig::new_with_client_config([&authority.domain], Arc::new(client))
            .contact(authority.contact.iter().map(|contact| format!("mailto:{contact}")))
            .directory(&authority.directory)
            .cache(Folder(authority.folder))
            .state();
        let mut ours = state.default_rustls_config().as_ref().clone();
        ours.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Certificates {
            domain: authority.domain.into(),
            ours: Arc::new(ours),
            challenge: state.challenge_rustls_config(),
            state: Arc::new(Mutex::new(Some(state))),
        })
    }

    pub(super) fn domain(&self) -> &str {
        &self.domain
    }

    /// Gets the first certificate, and the next one long before that ends. What fails is tried again, later each time.
    pub(super) async fn keep_fresh(self) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut state) = state else { return };
        while let Some(event) = state.next().await {
            match event {
                Ok(EventOk::DeployedNewCert) => tracing::info!(domain = %self.domain, "there is a new certificate"),
                Ok(EventOk::DeployedCachedCert) => tracing::info!("the certificate is the one that was kept"),
                Ok(EventOk::CertCacheStore | EventOk::AccountCacheStore) => {}
                Err(error) => tracing::error!(
                    domain = %self.domain, %error,
                    "no certificate could be got, which is tried again: does port 443 of this name lead here?"
                ),
            }
        }
    }
}

fn roots(file: Option<&Path>) -> anyhow::Result<RootCertStore> {
    let Some(file) = file else { return Ok(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }) };
    let mut roots = RootCertStore::empty();
    let read = || format!("ACME_ROOT: {} cannot be read", file.display());
    for certificate in CertificateDer::pem_file_iter(file).with_context(read)? {
        roots.add(certificate.with_context(read)?).with_context(read)?;
    }
    ensure!(!roots.is_empty(), "ACME_ROOT: there is no certificate in {}", file.display());
    Ok(roots)
}

/// Where keys and certificates are kept. Nobody but their owner can read them.
struct Folder(PathBuf);

impl Folder {
    fn file(&self, what: &str, of: &[String], directory: &str) -> PathBuf {
        let plain = |text: &str| -> String {
            let letter = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
            text.chars().map(letter).collect()
        };
        let of: Vec<_> = of.iter().map(|name| plain(name)).collect();
        self.0.join(format!("{what}_{}_{}.pem", of.join("_"), plain(directory)))
    }

    fn read(file: &Path) -> io::Result<Option<Vec<u8>>> {
        match std::fs::read(file) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// All of it, or what was there before.
    fn write(&self, file: &Path, bytes: &[u8]) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.0)?;
        let partial = file.with_extension("partial");
        let mut out = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&partial)?;
        out.write_all(bytes)?;
        out.sync_all()?;
        std::fs::rename(partial, file)
    }
}

#[async_trait]
impl CertCache for Folder {
    type EC = io::Error;
    async fn load_cert(&self, domains: &[String], directory: &str) -> io::Result<Option<Vec<u8>>> {
        Folder::read(&self.file("certificate", domains, directory))
    }
    async fn store_cert(&self, domains: &[String], directory: &str, certificate: &[u8]) -> io::Result<()> {
        self.write(&self.file("certificate", domains, directory), certificate)
    }
}

#[async_trait]
impl AccountCache for Folder {
    type EA = io::Error;
    async fn load_account(&self, contact: &[String], directory: &str) -> io::Result<Option<Vec<u8>>> {
        Folder::read(&self.file("account", contact, directory))
    }
    async fn store_account(&self, contact: &[String], directory: &str, account: &[u8]) -> io::Result<()> {
        self.write(&self.file("account", contact, directory), account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[tokio::test]
    async fn keys_are_kept_where_only_their_owner_reads_them() {
        let parent = tempfile::tempdir().unwrap();
        let folder = Folder(parent.path().join("data/certificates"));
        let names = ["parish.example".to_owned()];
        assert_eq!(folder.load_cert(&names, "https://a/b").await.unwrap(), None);
        folder.store_cert(&names, "https://a/b", b"first").await.unwrap();
        folder.store_cert(&names, "https://a/b", b"second").await.unwrap();
        folder.store_account(&["mailto:../../x".to_owned()], "https://a/b", b"key").await.unwrap();
        assert_eq!(folder.load_cert(&names, "https://a/b").await.unwrap().unwrap(), b"second");
        assert_eq!(folder.load_cert(&names, "https://another/").await.unwrap(), None);
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder.0), 0o700);
        let files: Vec<_> = std::fs::read_dir(&folder.0).unwrap().map(|file| file.unwrap().path()).collect();
        assert_eq!(files.len(), 2);
        assert!(files.iter().all(|file| mode(file) == 0o600), "{files:?}");
    }

    #[test]
    fn a_root_that_is_none_is_named_by_its_setting() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = roots(Some(file.path())).unwrap_err();
        assert!(format!("{error:#}").starts_with("ACME_ROOT: there is no certificate"), "{error:#}");
        let error = roots(Some(Path::new("/nowhere"))).unwrap_err();
        assert!(format!("{error:#}").starts_with("ACME_ROOT: /nowhere cannot be read"), "{error:#}");
        assert!(!roots(None).unwrap().is_empty());
    }
}
