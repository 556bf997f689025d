//! The program itself, as a process: what only a process has.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::Duration;

fn potholes() -> Command {
    Command::new(env!("CARGO_BIN_EXE_potholes"))
}

#[test]
fn it_runs_and_tells_by_its_exit_code() {
    let done = potholes().args(["run", "raft", "--for", "1s", "--json"]).output().unwrap();
    assert_eq!(done.status.code(), Some(0));
    let run: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(run["lab"], "raft");
    let bad = potholes().args(["run", "nowhere"]).output().unwrap();
    assert_eq!((bad.status.code(), bad.stdout.as_slice()), (Some(2), &b""[..]));
}

#[test]
fn a_reader_that_leaves_early_is_no_panic() {
    let mut child =
        potholes().args(["lab", "raft"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut told = String::new();
    child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert_eq!((child.wait().unwrap().code(), told.as_str()), (Some(0), ""));
}

/// Only X11 and Wayland say beforehand that there is no display.
#[cfg(all(unix, not(target_os = "macos")))]
#[test]
fn without_a_display_it_says_so() {
    let mut command = potholes();
    for name in ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"] {
        command.env_remove(name);
    }
    let done = command.output().unwrap();
    let told = String::from_utf8(done.stderr).unwrap();
    assert_eq!((done.status.code(), done.stdout.as_slice()), (Some(2), &b""[..]));
    assert!(told.contains("no display") && told.contains("potholes picture"), "{told}");
    // With a display that is none.
    let done = command.env("DISPLAY", ":4099").output().unwrap();
    let told = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(2), "{told}");
    assert!(told.contains("potholes picture"), "{told}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_sweep_with_what_it_has() {
    let child = potholes()
        .args(["sweep", "raft", "--seeds", "0..1000000000", "--for", "2s", "--chaos", "high", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_secs(2));
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let done = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(0), "{told}");
    assert!(told.contains("stopped after"), "{told}");
    let summary: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert!(summary["summary"]["seeds"].as_u64().unwrap() > 0);
}
