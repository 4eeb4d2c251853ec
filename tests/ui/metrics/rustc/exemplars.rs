use caas_metrics::{exemplars::TraceContext, metrics};

metrics! {
    /// Orders.
    counter OrdersTotal { region: &str }

    /// Time in seconds.
    histogram WaitSeconds;

    /// Refusals.
    #[exemplars]
    counter RefusalsTotal { region: &str }
}

fn label_sets(trace: TraceContext) {
    OrdersTotal { region: "eu" }.inc_with_exemplar(trace);
    OrdersTotal { region: "eu" }.inc_by_with_exemplar(3, trace);
    WaitSeconds.observe_with_exemplar(0.5, [("trace_id", "abc")]);
}

fn children(trace: TraceContext) {
    OrdersTotal { region: "eu" }.child().inc_with_exemplar(trace);
    WaitSeconds.child().observe_with_exemplar(0.5, trace);
    RefusalsTotal { region: "eu" }.child().observe_with_exemplar(0.5, trace);
}

fn labels() {
    RefusalsTotal { region: "eu" }.inc_with_exemplar("abc");
}

fn main() {}
