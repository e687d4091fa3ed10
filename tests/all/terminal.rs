//! A person at a terminal: asked before anything is written, and told where the ground moved while the question stood.

use std::fs::File;
use std::io::Read;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::process::Child;
use std::process::Command;
use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::Mutex;
use std::thread::JoinHandle;
use std::time::Duration;
use std::time::Instant;

use aws_sdk_sqs::types::QueueAttributeName;
use rustix::fs::Mode;
use rustix::fs::OFlags;
use rustix::pty::OpenptFlags;
use rustix::pty::grantpt;
use rustix::pty::openpt;
use rustix::pty::ptsname;
use rustix::pty::unlockpt;
use serde_json::json;

use crate::lease::BRISK;
use crate::lease::brisk;
use crate::world::LOCAL;
use crate::world::World;
use crate::world::until;

/// As old as a plan of a brisk run may be.
const STALE: Duration = Duration::from_secs(3);

/// A command that believes itself on a terminal.
struct Seated {
    child: Child,
    keyboard: File,
    screen: Arc<Mutex<String>>,
    reader: JoinHandle<()>,
}

impl Seated {
    fn at(world: &World, arguments: &[&str]) -> Self {
        Self::of(world.command(arguments))
    }

    fn of(mut command: Command) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let end = || -> OwnedFd {
            let flags = OFlags::RDWR | OFlags::NOCTTY;
            rustix::fs::open(name.as_c_str(), flags, Mode::empty()).unwrap()
        };
        command.stdin(end()).stdout(end()).stderr(end());
        let child = command.spawn().unwrap();
        // Its copies of the terminal's end would keep the screen from ending.
        drop(command);
        let screen = Arc::new(Mutex::new(String::new()));
        let keyboard = File::from(master);
        let mut output = keyboard.try_clone().unwrap();
        let shown = Arc::clone(&screen);
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // A terminal whose other end is closed answers with an error.
            while let Ok(count @ 1..) = output.read(&mut buffer) {
                shown
                    .lock()
                    .unwrap()
                    .push_str(&String::from_utf8_lossy(&buffer[..count]));
            }
        });
        Self {
            child,
            keyboard,
            screen,
            reader,
        }
    }

    fn await_shown(&self, words: &str) {
        until(&format!("{words:?} on the screen"), || {
            self.screen.lock().unwrap().contains(words).then_some(())
        });
    }

    fn types(&mut self, line: &str) {
        writeln!(self.keyboard, "{line}").unwrap();
    }

    /// Its exit code, and all that was on the screen.
    fn ended(mut self) -> (Option<i32>, String) {
        let status: ExitStatus = until("the end of the command", || self.child.try_wait().unwrap());
        // All that it said is read once nobody holds the terminal's other end.
        self.reader.join().unwrap();
        let screen = self.screen.lock().unwrap().clone();
        (status.code(), screen)
    }
}

fn world_of_two_queues() -> World {
    let world = World::new(LOCAL);
    world.set_resources([("aws_sqs_queue.a", &json!({})), ("aws_sqs_queue.b", &json!({}))]);
    world.cloud();
    world
}

#[test]
fn only_the_word_is_a_yes() {
    let world = world_of_two_queues();
    world.forget_calls();
    for (verb, word, wrong) in [("apply", "yes", "y"), ("destroy", "local", "yes")] {
        let mut seated = Seated::at(&world, &[verb, "local"]);
        seated.await_shown(&format!("Only '{word}' will be accepted."));
        let before = world.writes();
        seated.types(wrong);
        let (code, screen) = seated.ended();
        assert_eq!(code, Some(4), "{screen}");
        assert_eq!(world.writes(), before, "{verb}");
        let mut seated = Seated::at(&world, &[verb, "local"]);
        seated.await_shown("Enter a value:");
        seated.types(word);
        let (code, screen) = seated.ended();
        assert_eq!(code, Some(0), "{screen}");
    }
    assert_eq!(world.cloud().names(), Vec::<String>::new());
}

#[test]
fn what_another_run_changed_while_the_question_stood_refuses_by_its_name() {
    let world = world_of_two_queues();
    let cloud = world.cloud();
    let mut seated = Seated::at(&world, &["apply", "local"]);
    seated.await_shown("Enter a value:");
    world.ok(&["apply", "local", "--target", "telemetry/aws_sqs_queue.a", "--yes"]);
    world.forget_calls();
    seated.types("yes");
    let (code, screen) = seated.ended();
    assert_eq!(code, Some(4), "{screen}");
    assert!(
        screen.contains("has changed after the plan was shown: telemetry/aws_sqs_queue.a\r\n"),
        "{screen}"
    );
    assert_eq!(world.resource_writes(), Vec::<String>::new());
    assert_eq!(cloud.names(), ["aws_sqs_queue local-telemetry-a"]);
}

/// An edit by hand moves no lease.
#[test]
fn a_plan_that_was_looked_at_for_too_long_is_made_again_before_it_is_carried_out() {
    let world = World::new(BRISK);
    let queues = |delay: u32| {
        let changed = json!({ "delay_seconds": delay });
        world.set_resources([("aws_sqs_queue.a", &changed), ("aws_sqs_queue.b", &json!({}))]);
    };
    queues(0);
    world.apply();
    queues(1);
    let cloud = world.cloud();
    let mut seated = Seated::of(brisk(&world, &["apply", "local"]));
    seated.await_shown("Enter a value:");
    let shown = Instant::now();
    let url = "https://sqs.us-east-1.amazonaws.com/123456789012/local-telemetry-b";
    let edit = cloud.aws.sqs.set_queue_attributes().queue_url(url);
    cloud
        .run(edit.attributes(QueueAttributeName::DelaySeconds, "9").send())
        .unwrap();
    until("the plan to be stale", || (shown.elapsed() > STALE).then_some(()));
    world.forget_calls();
    seated.types("yes");
    let (code, screen) = seated.ended();
    assert_eq!(code, Some(4), "{screen}");
    assert!(
        screen.contains("after the plan was shown: telemetry/aws_sqs_queue.b\r\n"),
        "{screen}"
    );
    assert_eq!(world.resource_writes(), Vec::<String>::new());
}
