// Each consumer has a folder of its own, and NuGet's package cache is made to be shared.
[assembly: Parallelizable(ParallelScope.Fixtures)]
