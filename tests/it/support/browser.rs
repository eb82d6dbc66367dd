//! A real browser: Debian's Chromium by its own driver, and axe in it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use thirtyfour::common::keys::TypingData;
use thirtyfour::prelude::*;
use thirtyfour::{ChromeCapabilities, ChromiumLikeCapabilities};

/// A browser, closed with the test.
pub struct Browser {
    pub driver: WebDriver,
    /// Where chromedriver listens.
    address: String,
    process: Child,
    profile: PathBuf,
}

/// Opens a browser; `None`, with the reason printed, where there is none. With `PLUMBLINE_BROWSER_TESTS=required` that is a failure.
pub async fn open() -> Option<Browser> {
    let required = std::env::var("PLUMBLINE_BROWSER_TESTS").is_ok_and(|value| value == "required");
    let Ok(mut process) = Command::new("chromedriver")
        .args(["--port=0"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
    else {
        assert!(!required, "chromedriver is needed: apt install chromium chromium-driver");
        eprintln!("skipped: chromedriver is not there (apt install chromium chromium-driver)");
        return None;
    };
    let lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let port = lines
        .map_while(Result::ok)
        .find_map(|line| {
            line.split("started successfully on port ")
                .nth(1)
                .map(|rest| rest.trim_end_matches('.').to_owned())
        })
        .expect("chromedriver says its port");
    let profile = std::env::temp_dir().join(format!("plumbline-browser-{}-{port}", std::process::id()));
    let mut wanted = ChromeCapabilities::new();
    for flag in [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        // A key that comes down while one page fades into the next is lost: none fades.
        "--force-prefers-reduced-motion",
        "--window-size=1280,1400",
        &format!("--user-data-dir={}", profile.display()),
    ] {
        wanted.add_arg(flag).unwrap();
    }
    let address = format!("http://127.0.0.1:{port}");
    let driver = WebDriver::new(address.as_str(), wanted).await.expect("the browser opens");
    Some(Browser { driver, address, process, profile })
}

impl Browser {
    /// Shows pages as a reader with this taste sees them: `light` or `dark`.
    pub async fn theme(&self, theme: &str) {
        self.run(&format!(
            "localStorage.setItem('theme', '{theme}'); document.documentElement.dataset.theme = '{theme}';"
        ))
        .await;
    }

    /// Opens a page and waits until it is whole and takes keys.
    pub async fn open(&self, url: &str) {
        self.driver.goto(url).await.expect("the page opens");
        self.settled().await;
    }

    /// Runs a script in the page.
    pub async fn run(&self, script: &str) {
        self.driver.execute(script, vec![]).await.expect("the script runs");
    }

    /// What a script's expression is, as text.
    pub async fn value(&self, expression: &str) -> String {
        let found =
            self.driver.execute(format!("return {expression};"), vec![]).await.expect("the script runs");
        found.json().as_str().unwrap_or_default().to_owned()
    }

    /// Whether a script's expression holds.
    pub async fn truth(&self, expression: &str) -> bool {
        // A page that is just being left has no answer.
        let found = self.driver.execute(format!("return Boolean({expression});"), vec![]).await;
        found.is_ok_and(|found| found.json() == true)
    }

    /// Asks the page until an expression holds.
    pub async fn until(&self, expression: &str) {
        for _ in 0..5_000 {
            if self.truth(expression).await {
                return;
            }
        }
        let url = self.driver.current_url().await.map(|url| url.to_string()).unwrap_or_default();
        panic!("on {url} it never came true that {expression}");
    }

    /// Waits for the page of which an expression holds, whole and ready to take keys.
    pub async fn arrives(&self, expression: &str) {
        self.until(&format!("({expression}) && document.readyState === 'complete'")).await;
        self.settled().await;
    }

    /// Waits until the page has been drawn, for keys that come before that may be lost.
    pub async fn settled(&self) {
        let script = "const done = arguments[arguments.length - 1];
            requestAnimationFrame(() => requestAnimationFrame(() => done(true)));";
        self.driver.execute_async(script, vec![]).await.expect("the page settles");
    }

    /// Types at whatever has the focus.
    pub async fn keys(&self, keys: impl Into<TypingData>) {
        self.driver.action_chain().send_keys(keys).perform().await.expect("keys are typed");
    }

    /// Presses Enter. A link leads on as the key comes down; under load the letter that belongs to it reaches the page after it, and sends
    /// the form in which that page begins. So only what waits for the letter gets one: buttons, fields and what unfolds.
    pub async fn enter(&self) {
        if self.truth("document.activeElement.matches('button, input, select, textarea, summary')").await {
            self.keys(Key::Enter).await;
        } else {
            self.stroke("Enter", 13).await;
        }
    }

    /// Presses keys that the page listens to. No letter comes of them: under load it would be typed into the field in which the page that
    /// they lead to begins.
    pub async fn strokes(&self, letters: &str) {
        for letter in letters.chars() {
            self.stroke(&letter.to_string(), u32::from(letter.to_ascii_uppercase())).await;
        }
    }

    async fn stroke(&self, key: &str, code: u32) {
        for kind in ["rawKeyDown", "keyUp"] {
            let event = serde_json::json!({"type": kind, "key": key, "windowsVirtualKeyCode": code});
            self.cdp("Input.dispatchKeyEvent", event).await;
        }
    }

    /// Presses a key while another is held.
    pub async fn chord(&self, held: Key, key: impl Into<char>) {
        let chain = self.driver.action_chain().key_down(held.clone()).key_down(key.into());
        chain.key_up(held).perform().await.expect("keys are pressed");
    }

    /// Presses Tab until the focus is on what `selector` names, at most so many times.
    pub async fn tab_to(&self, selector: &str, most: usize) -> bool {
        for _ in 0..most {
            self.keys(Key::Tab).await;
            if self.truth(&format!("document.activeElement.matches('{selector}')")).await {
                return true;
            }
        }
        false
    }

    /// Makes the screen so wide.
    pub async fn width(&self, width: u32) {
        let metrics =
            serde_json::json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        self.cdp("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// Tells the browser something that the `WebDriver` protocol has no words for.
    pub async fn cdp(&self, command: &str, parameters: serde_json::Value) {
        let url = format!("{}/session/{}/goog/cdp/execute", self.address, self.driver.session_id());
        let body = serde_json::json!({"cmd": command, "params": parameters});
        let answer = reqwest::Client::new().post(url).json(&body).send().await.expect("chromedriver answers");
        assert!(answer.status().is_success(), "{command}: {}", answer.text().await.unwrap_or_default());
    }

    /// What axe finds wrong with the page that is open: rule, help and the places, a line each.
    pub async fn axe(&self) -> Vec<String> {
        self.driver.execute(axe(), vec![]).await.unwrap();
        let script = "const done = arguments[arguments.length - 1];
            axe.run(document, { resultTypes: ['violations'] }).then(found => done(found.violations.map(violation =>
                violation.id + ': ' + violation.help + ': ' + violation.nodes.map(node => node.target.join(' ')).slice(0, 4).join(', '))));";
        let found = self.driver.execute_async(script, vec![]).await.unwrap();
        serde_json::from_value(found.json().clone()).unwrap()
    }

    pub async fn close(mut self) {
        let _ = self.driver.clone().quit().await;
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}

/// axe's own script, from the npm package of this version; fetched once into the build's folder.
fn axe() -> String {
    const PACKAGE: &str = "axe-core@4.14.1";
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/axe");
    let script = folder.join("package/axe.min.js");
    if !script.exists() {
        std::fs::create_dir_all(&folder).unwrap();
        let packed = Command::new("npm")
            .args(["pack", PACKAGE, "--silent"])
            .current_dir(&folder)
            .output()
            .expect("npm runs");
        assert!(packed.status.success(), "npm pack {PACKAGE}: {}", String::from_utf8_lossy(&packed.stderr));
        let name = String::from_utf8(packed.stdout).unwrap().trim().to_owned();
        let unpacked =
            Command::new("tar").args(["xzf", &name]).current_dir(&folder).status().expect("tar runs");
        assert!(unpacked.success());
    }
    std::fs::read_to_string(script).unwrap()
}
