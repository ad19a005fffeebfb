//! Endpoints come from anybody: this server is sent nowhere by them but to push services.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use push::{Answer, Message, Patience, Sender, Subscription, Urgency, VapidKeys};
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

/// `PORT` is one that listens, on every address of this machine's loopback that the test could get.
const CORPUS: [&str; 105] = [
    // This machine, by all its names.
    "http://127.0.0.1:PORT/",
    "https://127.0.0.1:PORT/",
    "https://127.0.0.1/",
    "https://localhost:PORT/",
    "https://localhost/",
    "https://LOCALHOST:PORT/",
    "https://localhost.:PORT/",
    "https://a.localhost:PORT/",
    "https://localhost.localdomain:PORT/",
    "https://ip6-localhost:PORT/",
    "https://127.1:PORT/",
    "https://127.0.1:PORT/",
    "https://127.0.0.1.:PORT/",
    "https://127.255.255.254:PORT/",
    "https://0:PORT/",
    "https://0.0.0.0:PORT/",
    "https://2130706433:PORT/",
    "https://0x7f000001:PORT/",
    "https://0x7f.0.0.1:PORT/",
    "https://0x7f.1:PORT/",
    "https://017700000001:PORT/",
    "https://0177.0.0.1:PORT/",
    "https://0177.0.0.01:PORT/",
    "https://127.0.0.1%2f:PORT/",
    "https://%31%32%37.0.0.1:PORT/",
    "https://１２７.０.０.１:PORT/",
    "https://①②⑦.⓪.⓪.①:PORT/",
    "https://127。0。0。1:PORT/",
    "https://[::1]:PORT/",
    "https://[::]:PORT/",
    "https://[0:0:0:0:0:0:0:1]:PORT/",
    "https://[::ffff:127.0.0.1]:PORT/",
    "https://[::ffff:7f00:1]:PORT/",
    "https://[::127.0.0.1]:PORT/",
    "https://[64:ff9b::7f00:1]:PORT/",
    "https://[2002:7f00:1::]:PORT/",
    "https://[fe80::1%25lo]:PORT/",
    // Inside of networks.
    "http://169.254.169.254/latest/meta-data/",
    "https://169.254.169.254/",
    "https://[fd00:ec2::254]/",
    "https://metadata.google.internal/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://192.168.1.1/",
    "https://100.100.100.200/",
    "https://[fc00::1]/",
    "https://[fe80::1]/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://router/",
    "https://parish.internal/",
    // Names that mean this machine.
    "https://127.0.0.1.nip.io:PORT/",
    "https://localtest.me:PORT/",
    "https://fcm.googleapis.com.127.0.0.1.nip.io:PORT/",
    // Somebody else, dressed up as a push service.
    "https://evil-fcm.googleapis.com.attacker.example/",
    "https://fcm.googleapis.com.attacker.example/",
    "https://fcm.googleapis.com.localhost:PORT/",
    "https://evilfcm.googleapis.com/",
    "https://evil.fcm.googleapis.com/",
    "https://googleapis.com/",
    "https://storage.googleapis.com/",
    "https://push.apple.com/",
    "https://evilpush.apple.com/",
    "https://web.push.apple.com.attacker.example/",
    "https://.push.apple.com/",
    "https://..push.apple.com/",
    "https://a..push.apple.com/",
    "https://notify.windows.com/",
    "https://evilnotify.windows.com/",
    "https://push.services.mozilla.com/",
    "https://a_b.notify.windows.com/",
    "https://attacker.example/fcm.googleapis.com/",
    "https://attacker.example/?https://fcm.googleapis.com/",
    "https://attacker.example/#https://fcm.googleapis.com/",
    // Two readings of one address.
    "https://fcm.googleapis.com@127.0.0.1:PORT/",
    "https://fcm.googleapis.com:443@127.0.0.1:PORT/",
    "https://fcm.googleapis.com%40127.0.0.1:PORT/",
    "https://fcm.googleapis.com%2f@127.0.0.1:PORT/",
    "https://fcm.googleapis.com%00.localhost:PORT/",
    "https://user@fcm.googleapis.com/",
    "https://user:password@fcm.googleapis.com/",
    "https://:password@fcm.googleapis.com/",
    "https://@fcm.googleapis.com/",
    "https://fcm.googleapis.com/#@127.0.0.1:PORT/",
    "https://127.0.0.1:PORT\\@fcm.googleapis.com/",
    "https://127.0.0.1:PORT\\.push.apple.com/",
    "https://127.0.0.1:PORT#@fcm.googleapis.com/",
    "https://127.0.0.1:PORT?@fcm.googleapis.com/",
    "https:\\\\fcm.googleapis.com\\fcm",
    "https:/fcm.googleapis.com/",
    "https:fcm.googleapis.com/",
    "https:///fcm.googleapis.com/",
    "//fcm.googleapis.com/",
    "\thttps://fcm.googleapis.com/",
    "https://fcm.goo\ngleapis.com/",
    "https://fcm.googleapis.com/\r\nHost: localhost",
    "https://fcm.googleapis.com./",
    "https://FCM.googleapis.com/",
    "https://ｆcm.googleapis.com/",
    "https://fcm.googleapis。com/",
    "https://fcm.googleapıs.com/",
    "https://fcm.googleapis.com:PORT/",
    // Other schemes.
    "http://fcm.googleapis.com/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:PORT/_",
];

fn listeners() -> Vec<TcpListener> {
    let first = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = first.local_addr().unwrap().port();
    // Not every machine has these.
    let others = ["127.255.255.254", "::1"].into_iter().filter_map(|ip| TcpListener::bind((ip, port)).ok());
    let listeners: Vec<_> = [first].into_iter().chain(others).collect();
    for listener in &listeners {
        listener.set_nonblocking(true).unwrap();
    }
    listeners
}

fn to(endpoint: String) -> Subscription {
    let p256dh = VapidKeys::generate().public().to_owned();
    Subscription { endpoint, p256dh, auth: "AAAAAAAAAAAAAAAAAAAAAA".to_owned() }
}

async fn refuses_everything(sender: &Sender, port: u16) {
    let keys = VapidKeys::generate();
    let message = Message { payload: vec![1], ttl: Duration::from_secs(1), urgency: Urgency::Normal, topic: None };
    let too_long = format!("https://fcm.googleapis.com/{}", "a".repeat(2048));
    for endpoint in CORPUS.into_iter().chain(["", "fcm.googleapis.com", "https://", too_long.as_str()]) {
        let to = to(endpoint.replace("PORT", &port.to_string()));
        let why = sender.check(&to).expect_err(endpoint);
        assert_eq!(sender.send(&keys, &to, &message).await, Answer::Unfit(why), "{endpoint}");
        assert!(!why.to_string().contains(&port.to_string()), "an error tells where: {why}");
    }
}

#[tokio::test]
async fn no_endpoint_that_somebody_made_up_leads_anywhere() {
    let listeners = listeners();
    let here: Vec<SocketAddr> = listeners.iter().map(|listener| listener.local_addr().unwrap()).collect();
    let port = here[0].port();
    // A port beside that of the test's own push service is as closed as all the others.
    let beside = format!("http://127.0.0.1:{}", if port == u16::MAX { port - 1 } else { port + 1 });
    let patience = Patience { connect: Duration::from_millis(500), total: Duration::from_millis(500) };
    for extra in [vec![], vec![beside.parse().unwrap(), "push.example.org".parse().unwrap()]] {
        let sender = Sender::with_patience("mailto:admin@parish.example", extra, patience).unwrap();
        refuses_everything(&sender, port).await;
    }
    for listener in &listeners {
        assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "nobody came");
    }
    // They would have noticed.
    for (address, listener) in here.iter().zip(&listeners) {
        let _visitor = TcpStream::connect(address).unwrap();
        assert!(listener.accept().is_ok());
    }
}
