use caas_metrics::metrics;

metrics! {
    //! About the block.

    # counter FirstTotal;

    /// Second.
    #["second"]
    counter SecondTotal;
}

fn main() {
    SecondTotal.inc();
}
