//! The server: one thread, loopback only, one request at a time under the world's lock.

use crate::control;
use crate::dispatch::{self, Reply};
use crate::wire::{WireRequest, WireResponse};
use crate::world::World;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, watch};

/// How a sandbox is started.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The port on 127.0.0.1; 0 is any free one.
    pub port: u16,
    /// Where the world is kept between runs; nothing keeps it in memory only.
    pub data_dir: Option<PathBuf>,
}

/// A running sandbox. It stops when it is dropped.
#[derive(Debug)]
pub struct Sandbox {
    shared: Arc<Shared>,
    address: SocketAddr,
    stop: watch::Sender<bool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

type Hook = Box<dyn Fn(&crate::CallRecord) + Send>;

pub(crate) struct Shared {
    world: Mutex<World>,
    release: Notify,
    hook: Mutex<Option<Hook>>,
    data_dir: Option<PathBuf>,
    /// Whether the world changed since it was last saved.
    unsaved: AtomicBool,
    /// How many calls of the log are saved.
    calls_saved: Mutex<usize>,
    /// How much time may still go into saving changes before they are answered.
    at_once: Mutex<Duration>,
}

/// How long changes may stay in memory only, unless saving takes long.
const SAVE_EVERY: Duration = Duration::from_millis(250);
/// The time that goes into saving changes before they are answered, so that a client that is killed with its sandbox finds
/// all that it was told. A small world needs less for a whole deployment; a fleet's would be written too often.
const AT_ONCE: Duration = Duration::from_millis(400);
/// A world that takes long to save is saved less often: at most one part in so many of the time goes into it.
const SAVING_SHARE: u32 = 10;

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("data_dir", &self.data_dir).finish_non_exhaustive()
    }
}

impl Shared {
    /// The world. A request that panicked leaves it usable: the next one sees what was done so far.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets go of held requests.
    pub(crate) fn release_held(&self) {
        self.release.notify_waiters();
    }

    /// Saves the world if it is to be kept and has changed.
    fn save(&self) -> io::Result<()> {
        let Some(folder) = self.data_dir.as_deref().filter(|_| self.unsaved.swap(false, Ordering::SeqCst)) else {
            return Ok(());
        };
        let saved = {
            let world = self.world();
            world.save(folder).and_then(|()| self.save_calls(&world, folder))
        };
        if saved.is_err() {
            self.unsaved.store(true, Ordering::SeqCst);
        }
        saved
    }

    /// Saves a change before it is answered, as long as that costs little.
    fn save_at_once(&self) {
        let mut left = self.at_once.lock().unwrap_or_else(PoisonError::into_inner);
        if !left.is_zero() {
            let begun = Instant::now();
            // What cannot be saved now is tried again at the next beat, and reported by `stop`.
            let _ = self.save();
            *left = left.saturating_sub(begun.elapsed());
        }
    }

    fn save_calls(&self, world: &World, folder: &std::path::Path) -> io::Result<()> {
        let mut saved = self.calls_saved.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = world.log.get(*saved..).unwrap_or_default();
        if !fresh.is_empty() {
            crate::world::add_calls(folder, fresh)?;
            *saved = world.log.len();
        }
        Ok(())
    }
}

/// The world's clock, for a client in this process that waits by letting the world's time pass.
#[derive(Debug, Clone)]
pub struct SandboxClock {
    shared: Arc<Shared>,
}

impl SandboxClock {
    /// The world's time.
    pub fn now(&self) -> Timestamp {
        let mut world = self.shared.world();
        world.advance();
        world.now()
    }

    /// Lets time pass up to a moment; a moment in the past changes nothing.
    pub fn advance_to(&self, moment: Timestamp) {
        self.shared.world().advance_to(moment);
        self.shared.unsaved.store(true, Ordering::SeqCst);
    }

    /// The next moment at which something happens by itself: a stack is ready, an alarm rings.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.shared.world().next_due()
    }
}

impl Sandbox {
    /// Starts a server for a world. The errors are those of binding the port and of starting a thread.
    pub fn start(world: World, options: Options) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, options.port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            world: Mutex::new(world),
            release: Notify::new(),
            hook: Mutex::new(None),
            data_dir: options.data_dir,
            unsaved: AtomicBool::new(true),
            calls_saved: Mutex::new(0),
            at_once: Mutex::new(AT_ONCE),
        });
        let (stop, stopped) = watch::channel(false);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let for_thread = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("landfall-sandbox".to_owned())
            .spawn(move || runtime.block_on(serve(listener, for_thread, stopped)))?;
        Ok(Self { shared, address, stop, thread: Some(thread) })
    }

    /// `http://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The world's clock.
    pub fn clock(&self) -> SandboxClock {
        SandboxClock { shared: Arc::clone(&self.shared) }
    }

    /// The world itself. No request is answered while the guard is held.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.shared.world()
    }

    /// Calls `hook` after each request was handled and before it is answered, so that a test can end its client there. The
    /// world is locked meanwhile: a hook that asks for it waits for ever.
    pub fn on_call(&self, hook: impl Fn(&crate::CallRecord) + Send + 'static) {
        *self.shared.hook.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(hook));
    }

    /// Lets go of the requests that a fault holds: their connections close.
    pub fn release(&self) {
        self.shared.release_held();
    }

    /// Stops the server and saves the world. The errors are those of saving.
    pub fn stop(mut self) -> io::Result<()> {
        self.shut_down()
    }

    fn shut_down(&mut self) -> io::Result<()> {
        let _ = self.stop.send(true);
        if let Some(thread) = self.thread.take() {
            thread.join().map_err(|_| io::Error::other("the server's thread ended by a panic"))?;
        }
        self.shared.save()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // Whoever wants to know whether the world was saved calls `stop`.
        let _ = self.shut_down();
    }
}

async fn serve(listener: std::net::TcpListener, shared: Arc<Shared>, mut stopped: watch::Receiver<bool>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    let mut save = tokio::time::interval(SAVE_EVERY);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.changed() => break,
            // What cannot be saved now is tried again at the next beat, and reported by `stop`.
            _ = save.tick() => {
                let begun = Instant::now();
                let _ = shared.save();
                save.reset_after(SAVE_EVERY.max(begun.elapsed() * SAVING_SHARE));
                continue
            }
        };
        let Ok((stream, _)) = accepted else { continue };
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let service = hyper::service::service_fn(move |request| answer(Arc::clone(&shared), request));
            // An error here is a client that went away, or a connection that the fault plan closed.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(shared: Arc<Shared>, request: http::Request<Incoming>) -> io::Result<http::Response<Full<Bytes>>> {
    let request = read(request).await?;
    if request.path.starts_with("/_landfall/") {
        let response = control::handle(&shared, &request);
        return write(response);
    }
    let (reply, real_delay, changed) = {
        let mut world = shared.world();
        let before = world.log.len();
        let reply = dispatch::handle(&mut world, &request);
        shared.unsaved.store(true, Ordering::SeqCst);
        if let (Some(hook), Some(record)) =
            (shared.hook.lock().unwrap_or_else(PoisonError::into_inner).as_ref(), world.log.get(before))
        {
            hook(record);
        }
        let delay = if let Reply::SendAfter(seconds, _) = &reply { world.clock.real_seconds(*seconds) } else { None };
        (reply, delay, world.log.get(before).is_some_and(crate::CallRecord::changed_the_world))
    };
    if changed {
        shared.save_at_once();
    }
    let dropped = || io::Error::other("the fault plan closes this connection");
    match reply {
        Reply::Send(response) => write(response),
        Reply::SendAfter(_, response) => {
            let delay = real_delay.and_then(|s| Duration::try_from_secs_f64(s).ok());
            #[expect(
                clippy::disallowed_methods,
                reason = "the delay is the server's, as a client of a real port feels it"
            )]
            tokio::time::sleep(delay.unwrap_or_default()).await;
            write(response)
        }
        Reply::Drop => Err(dropped()),
        Reply::Hold => {
            shared.release.notified().await;
            Err(dropped())
        }
    }
}

async fn read(request: http::Request<Incoming>) -> io::Result<WireRequest> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes().to_vec();
    Ok(WireRequest {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body,
    })
}

fn write(response: WireResponse) -> io::Result<http::Response<Full<Bytes>>> {
    let mut builder = http::Response::builder().status(response.status);
    for (name, value) in &response.headers {
        builder = builder.header(name, value);
    }
    if let Some(length) = response.announced_length {
        builder = builder.header("content-length", length);
    }
    builder.body(Full::new(Bytes::from(response.body))).map_err(io::Error::other)
}
