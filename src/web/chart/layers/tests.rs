use super::*;

fn node(title: &str, lane: usize) -> LayersNode {
    LayersNode {
        kind: NodeKind::Milestone,
        lane,
        title: title.into(),
        reference: "ATLAS-M1".into(),
        href: "/programs/ATLAS/milestones/1".into(),
        date: Some("2026-12-02".parse().unwrap()),
        done: false,
    }
}

fn edge(from: usize, to: usize, age: i64) -> LayersEdge {
    LayersEdge {
        kind: EdgeKind::Dependency,
        from,
        to,
        reference: "ATLAS-D4".into(),
        title: "Payments API v2".into(),
        href: "/programs/ATLAS/dependencies/4".into(),
        age: Some(age),
        state: "Agreed".into(),
        needed: None,
        due: None,
        breach: None,
        done: false,
    }
}

fn data(nodes: Vec<LayersNode>, edges: Vec<LayersEdge>) -> LayersData {
    LayersData { lanes: vec!["Payments".into(), "Ledger".into(), "QA".into()], nodes, edges, focus: None }
}

fn layers(data: LayersData) -> Layers {
    Layers::new(Words::new("m", "Dependency map", "Who waits for what"), data)
}

/// 0 → 1 → 2, and 3 → 1, 4 → 5 apart from them.
fn six(focus: Option<LayersFocus>) -> Layers {
    let nodes = [0, 1, 1, 0, 2, 2].iter().zip(["A", "B", "C", "D", "E", "F"]);
    let mut data = data(
        nodes.map(|(lane, title)| node(title, *lane)).collect(),
        vec![edge(0, 1, 46), edge(1, 2, 3), edge(3, 1, 14), edge(4, 5, 22)],
    );
    data.focus = focus;
    layers(data)
}

#[test]
fn age_has_five_classes() {
    let ages = [0, 7, 8, 14, 15, 21, 22, 30, 31, 400];
    assert_eq!(ages.map(bucket), [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
    let chart = six(None);
    assert_eq!(chart.edges[0].class, "a5");
    assert_eq!(chart.edges[0].label, "D4 · 46 d");
    assert_eq!(chart.buckets, [(1, "0–7 days"), (2, "8–14"), (3, "15–21"), (4, "22–30"), (5, "over 30")]);
}

#[test]
fn a_breach_has_a_sign_and_a_word() {
    let mut late = edge(0, 1, 46);
    late.breach = Some("promised 12 days after it is needed".into());
    let chart = layers(data(vec![node("A", 0), node("B", 1)], vec![late]));
    assert_eq!(chart.edges[0].label, "■ D4 late · 46 d");
    assert!(chart.edges[0].words.ends_with("46 days old, late: promised 12 days after it is needed"));
    assert_eq!(chart.edges[0].class, "a5 late");
}

#[test]
fn edges_leave_at_the_right_and_enter_at_the_left() {
    let chart = six(None);
    let (a, b) = (&chart.nodes[0], &chart.nodes[1]);
    assert!(chart.edges[0].d.starts_with(&format!("M{} ", a.x + NODE)));
    assert!(chart.edges[0].head.starts_with(&format!("M{} ", b.x)));
    // Two edges into B have ports of their own, within it.
    let port = |edge: &Edge| edge.head.split([' ', 'l']).nth(1).unwrap().parse::<f64>().unwrap();
    let (first, second) = (port(&chart.edges[0]), port(&chart.edges[2]));
    assert!((first - second).abs() >= PORT - 0.2);
    assert!([first, second].iter().all(|y| (b.y..=b.y + b.height).contains(y)));
}

#[test]
fn a_focus_dims_or_hides_what_is_neither_before_nor_after() {
    let dimmed = six(Some(LayersFocus { at: FocusAt::Node(0), hide: false }));
    let dim: Vec<bool> = dimmed.nodes.iter().map(|node| node.class.contains("dim")).collect();
    assert_eq!(dim, [false, false, false, true, true, true]);
    assert!(dimmed.nodes[0].class.contains("chosen"));
    assert!(dimmed.edges[2].class.contains("dim"));
    let hidden = six(Some(LayersFocus { at: FocusAt::Node(0), hide: true }));
    assert_eq!((hidden.nodes.len(), hidden.edges.len(), hidden.rows.len()), (3, 2, 2));
    assert_eq!(
        hidden.lanes.iter().map(|lane| lane.whole.as_str()).collect::<Vec<_>>(),
        ["Payments", "Ledger"]
    );
    assert_eq!(hidden.nodes[2].title, "◆ C");
}

#[test]
fn a_focus_on_an_edge_goes_up_from_its_start_and_down_from_its_end() {
    let dimmed = six(Some(LayersFocus { at: FocusAt::Edges(vec![1]), hide: false }));
    let dim: Vec<bool> = dimmed.nodes.iter().map(|node| node.class.contains("dim")).collect();
    assert_eq!(dim, [false, false, false, false, true, true]);
    assert!(dimmed.edges[1].class.ends_with(" chosen") && !dimmed.edges[0].class.contains("chosen"));
    let hidden = six(Some(LayersFocus { at: FocusAt::Edges(vec![3]), hide: true }));
    assert_eq!((hidden.nodes.len(), hidden.edges.len()), (2, 1));
    // What can't be drawn is left out before the place of an edge is looked up.
    let mut data = data(vec![node("A", 0), node("B", 1)], vec![edge(0, 0, 1), edge(0, 1, 2)]);
    data.focus = Some(LayersFocus { at: FocusAt::Edges(vec![1]), hide: false });
    assert!(layers(data).edges[0].class.ends_with(" chosen"));
}

#[test]
fn the_table_has_a_row_an_edge_and_texts_are_escaped() {
    let mut hostile =
        data(vec![node("<script>a</script>", 0), node("B", 9)], vec![edge(0, 1, 2), edge(1, 0, 2)]);
    hostile.edges[0].title = "<script>b</script>".into();
    hostile.edges.push(edge(0, 0, 1));
    hostile.edges.push(edge(0, 7, 1));
    let html = layers(hostile).render().unwrap();
    assert_eq!(html.matches("<th scope=\"row\"").count(), 2);
    assert!(!html.contains("<script") && !html.contains("NaN") && !html.contains("style="));
}

#[test]
fn long_titles_stay_in_their_boxes() {
    let long = "Migration of every invoice & credit note of the wholesale business";
    let chart = layers(data(vec![node(long, 0), node("B", 1)], vec![edge(0, 1, 100_000)]));
    assert!(chart.nodes[0].title.ends_with('…') && width(&chart.nodes[0].title) * 1.09 <= NODE - 17.0);
    assert!(width(&chart.edges[0].label) <= RUN);
    assert_eq!(
        lines("Support readiness and training", 98.0),
        ["Support", "readiness and t…"].map(str::to_owned)
    );
    assert_eq!(lines("QA", 98.0), ["QA"]);
}

#[test]
fn nothing_and_one_node_draw() {
    assert!(layers(data(vec![], vec![])).render().unwrap().contains("No dependencies"));
    let one = layers(data(vec![node("A", 0)], vec![]));
    assert!(one.width >= NODE && !one.render().unwrap().contains("NaN"));
    let mut bare = data(vec![node("A", 4)], vec![]);
    bare.lanes.clear();
    bare.focus = Some(LayersFocus { at: FocusAt::Node(5), hide: true });
    assert_eq!(layers(bare).nodes.len(), 1);
}
