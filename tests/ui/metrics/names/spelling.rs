use caas_metrics::metrics;

metrics! {
    /// Camel case.
    #[name = "caasLogins_total"]
    counter FirstTotal;

    /// A rule's name.
    #[name = "job:logins_total"]
    counter SecondTotal;

    /// Reserved.
    #[name = "__logins_total"]
    counter ThirdTotal;

    /// Not a name at all.
    #[name = "caas-logins-total"]
    counter FourthTotal;

    /// Nor this.
    counter GrößeTotal;
}

fn main() {}
