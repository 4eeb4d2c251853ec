#[must_use = "a label set changes nothing until a method updates its child"]
struct OrdersRefusedTotal;
const _: () = {
    static __CAAS_EXEMPLARS: P::Exemplars = P::exemplars::<OrdersRefusedTotal>();
    static __CAAS_FAMILY: P::Family = P::Family::with_exemplars::<
        OrdersRefusedTotal,
    >(&__CAAS_EXEMPLARS);
    #[automatically_derived]
    impl P::LabelSet for OrdersRefusedTotal {
        type Static = OrdersRefusedTotal;
        type Metric = P::Counter<P::u64>;
        type Unit = P::OtherUnit;
        type Exemplars = P::WithExemplars;
        type View<'v> = ();
        const DESCRIPTOR: P::Descriptor = P::describe(
                P::MetricType::Counter,
                "orders_refused_total",
                "Orders refused.",
            )
            .with_exemplars();
        fn family() -> &'static P::Family {
            &__CAAS_FAMILY
        }
        fn words() -> P::Words {
            P::words!(OrdersRefusedTotal)
        }
        fn with_values<__R>(
            &self,
            __caas_show: impl P::FnOnce(&[P::LabelText<'_>]) -> __R,
        ) -> __R {
            __caas_show(&[])
        }
        fn view<'v>(__caas_source: &mut P::ViewSource<'v>) -> () {
            let _ = __caas_source;
        }
    }
};
#[allow(deprecated)]
const _: () = {
    P::inventory::submit! {
        P::Declared(& [< OrdersRefusedTotal as P::LabelSet > ::family])
    }
};
