mod draw;
mod lanes;
mod program;
mod random;
mod rank;
mod run;

pub fn try_speed(links: usize) {
    use program::*;
    use random::*;
    use super::Estimate;
    let n = 1000usize;
    let mut arcs = vec![]; let mut steps = vec![];
    for i in 0..n {
        let a0 = arcs.len() as u32;
        for k in 0..links { if i > 0 {
            let from = (i * 7919 + k * 104729) % i.min(60) ; let from = i - 1 - from;
            arcs.push(Arc { from: from as u32, of_finish: true, to_finish: false, lag: 0, way: Way::Same });
        }}
        let base = 480 * (1 + (i % 17) as i32);
        steps.push(Step { item: i as u32, clock: 0, kind: Kind::Work, start_bound: 0, finish_bound: NEVER, arcs: a0..arcs.len() as u32, threats: 0..0,
            spread: draw::Spread::new(Estimate { optimistic: base * 8 / 10, likely: base, pessimistic: base * 16 / 10 }, if std::env::var("PERT").is_ok() { draw::Distribution::Pert } else { draw::Distribution::Triangular }),
            stream: Stream::new(1, Purpose::Duration, i as u32), factor: 0 });
    }
    let p = Program { clocks: vec![], steps, arcs, threats: vec![], risks: vec![], factors: vec![Stream::new(1, Purpose::Factor, 0)],
       common: std::env::var("CORR").ok().and_then(|c| draw::Common::new(c.parse().unwrap())) };
    for threads in [1, 2] { for target in [None, Some(n - 1)] {
        let mut best = f64::MAX;
        for _ in 0..15 { let t = std::time::Instant::now();
          let r = run::run(&p, &[n - 1], target, 10_000, threads);
          best = best.min(t.elapsed().as_secs_f64()); std::hint::black_box(r.samples.of(0)); }
        println!("threads {threads} target {target:?}: {:.2} ms, {:.2} ns", best * 1e3, best * 1e9 / 1e7);
    }}
}
