//! A TCP proxy before one node, and what networks do to connections: cut in the middle of a message or of a
//! handshake, or gone silent without a word.

use std::io;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::watch;

/// What becomes of connections made from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// Cut after so many bytes of both directions together, at most; each after its own number, from 4096.
    CutWithin(u64),
    /// Every other one cut within its first 3000 bytes, which hold the handshakes of TLS and of SASL.
    CutHandshakes,
}

struct State {
    fault: Mutex<Fault>,
    dice: AtomicU64,
    open: watch::Sender<usize>,
    cut: AtomicUsize,
    /// Bumped to cut, or to silence, all that is open.
    cut_all: watch::Sender<u64>,
    silence_all: watch::Sender<u64>,
}

/// A proxy, which lives as long as the test's runtime.
#[derive(Clone)]
pub(crate) struct Proxy(Arc<State>);

impl Proxy {
    pub(crate) async fn start(port: u16, target: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let state = Arc::new(State {
            fault: Mutex::new(Fault::None),
            dice: AtomicU64::new(0x9e37_79b9_7f4a_7c15 ^ u64::from(port)),
            open: watch::channel(0).0,
            cut: AtomicUsize::new(0),
            cut_all: watch::channel(0).0,
            silence_all: watch::channel(0).0,
        });
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let state = Arc::clone(&shared);
                tokio::spawn(async move { state.carry(client, target).await });
            }
        });
        Self(state)
    }

    pub(crate) fn set(&self, fault: Fault) {
        *self.0.fault.lock().unwrap() = fault;
    }

    pub(crate) fn cut_all(&self) {
        self.0.cut_all.send_modify(|times| *times += 1);
    }

    /// What is open passes nothing on any more, and nobody is told.
    pub(crate) fn silence_all(&self) {
        self.0.silence_all.send_modify(|times| *times += 1);
    }

    /// How many connections a fault has cut so far.
    pub(crate) fn cut(&self) -> usize {
        self.0.cut.load(Ordering::Relaxed)
    }

    /// Waits until the brokers or the bridge have closed every connection.
    pub(crate) async fn until_all_are_closed(&self) {
        self.0.open.subscribe().wait_for(|open| *open == 0).await.unwrap();
    }
}

impl State {
    fn roll(&self, sides: u64) -> u64 {
        // SplitMix64: the same faults in every run, as far as the timing allows.
        let mut x = self.dice.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (x ^ (x >> 31)) % sides
    }

    fn budget(&self) -> u64 {
        match *self.fault.lock().unwrap() {
            Fault::None => u64::MAX,
            Fault::CutWithin(bytes) => 4096 + self.roll(bytes.saturating_sub(4096).max(1)),
            Fault::CutHandshakes if self.roll(2) == 0 => 1 + self.roll(3000),
            Fault::CutHandshakes => u64::MAX,
        }
    }

    async fn carry(&self, client: TcpStream, target: u16) {
        // Before the broker is asked, so that a connection is never carried on what was meant for an older one.
        let mut cut_all = self.cut_all.subscribe();
        let mut silence_all = self.silence_all.subscribe();
        let Ok(broker) = TcpStream::connect(("127.0.0.1", target)).await else {
            return;
        };
        client.set_nodelay(true).unwrap();
        broker.set_nodelay(true).unwrap();
        self.open.send_modify(|open| *open += 1);
        let budget = AtomicU64::new(self.budget());
        let (from_client, to_client) = client.into_split();
        let (from_broker, to_broker) = broker.into_split();
        let carrying = async {
            tokio::select! {
                up = pass(from_client, to_broker, &budget) => up,
                down = pass(from_broker, to_client, &budget) => down,
            }
        };
        tokio::pin!(carrying);
        let cut = tokio::select! {
            ended = &mut carrying => ended.is_err_and(|error| error.kind() == io::ErrorKind::QuotaExceeded),
            _ = cut_all.changed() => false,
            _ = silence_all.changed() => {
                // Both ends stay open, and nothing is read: neither is told.
                self.open.send_modify(|open| *open -= 1);
                std::future::pending::<()>().await;
                return;
            }
        };
        self.cut.fetch_add(usize::from(cut), Ordering::Relaxed);
        self.open.send_modify(|open| *open -= 1);
    }
}

/// Passes bytes on until the end of the one or the refusal of the other, or until the budget is spent: then what was
/// left of it still goes, so that a message is cut in its middle.
async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, budget: &AtomicU64) -> io::Result<()> {
    let mut buffer = vec![0; 16_384];
    loop {
        let read = from.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        let wanted = u64::try_from(read).unwrap();
        let left = budget.load(Ordering::Relaxed);
        let allowed = wanted.min(left);
        budget.store(left - allowed, Ordering::Relaxed);
        to.write_all(&buffer[..usize::try_from(allowed).unwrap()]).await?;
        if allowed < wanted || left == allowed {
            return Err(io::ErrorKind::QuotaExceeded.into());
        }
    }
}
