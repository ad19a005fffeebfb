//! The least that a web server of this kind does: a bare axum that answers with as many bytes as it is told. `script/bench http`
//! measures it beside Paxora, so that the machine and the load are known by what they do to it.

use axum::Router;
use axum::body::Bytes;
use axum::routing::get;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [listen, sizes @ ..] = words.as_slice() else { anyhow::bail!("usage: floor ADDRESS BYTES...") };
    let mut router = Router::new();
    for size in sizes {
        let body = Bytes::from(vec![b'a'; size.parse()?]);
        router = router.route(&format!("/{size}"), get(move || async move { body }));
    }
    axum::serve(TcpListener::bind(listen).await?, router).await?;
    Ok(())
}
