#[cfg(feature = "store")]
#[must_use = "a label set changes nothing until a method updates its child"]
struct StoreSeconds;
#[cfg(feature = "store")]
const _: () = {
    static __CAAS_FAMILY: P::Family = P::Family::of::<StoreSeconds>();
    #[automatically_derived]
    impl P::LabelSet for StoreSeconds {
        type Static = StoreSeconds;
        type Metric = P::Histogram;
        type Unit = P::Seconds;
        type Exemplars = P::WithoutExemplars;
        type View<'v> = ();
        const DESCRIPTOR: P::Descriptor = P::describe(
                P::MetricType::Histogram,
                "store_seconds",
                "Time to store a message in seconds.",
            )
            .with_unit("seconds")
            .with_buckets(&[0.1, 0.2, 0.3]);
        const ENDS: &'static [P::u64] = &P::ends_in_nanoseconds::<
            3,
        >(<StoreSeconds as P::LabelSet>::DESCRIPTOR.buckets);
        fn family() -> &'static P::Family {
            &__CAAS_FAMILY
        }
        fn words() -> P::Words {
            P::words!(StoreSeconds)
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
        P::Declared(& [#[cfg(feature = "store")] < StoreSeconds as P::LabelSet >
        ::family])
    }
};
