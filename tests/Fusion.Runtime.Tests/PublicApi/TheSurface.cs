using Fusion.Tests.Shared.PublicApi;

namespace Fusion.Runtime.Tests.PublicApi;

/// <summary>What users see of Fusion.Runtime changes only when somebody means it.</summary>
public sealed class TheSurface
{
    [Test]
    public void IsTheOneThatWasAccepted() =>
        AcceptedSurface.MustBe(typeof(AllReduce).Assembly, "tests/Fusion.Runtime.Tests/PublicApi/Fusion.Runtime.txt");

    [Test]
    public void IsWrittenInAWayThatShowsChanges()
    {
        var text = PublicSurface.Of(typeof(Sample).Assembly, type => type.DeclaringType == typeof(TheSurface));

        Assert.That(text, Is.EqualTo("""
            public sealed class Fusion.Runtime.Tests.PublicApi.TheSurface.Sample : IDisposable
                const int Limit = 3
                Sample(int count, string? name = null)
                required int Count { get; set; }
                string? Name { get; init; }
                event EventHandler? Changed
                static TheSurface.Sample operator +(TheSurface.Sample left, TheSurface.Sample right)
                static explicit operator int(TheSurface.Sample value)
                void Dispose()
                bool TryFind<T>(in int key, out T[]? found, params ReadOnlySpan<int> more) where T : unmanaged

            public enum Fusion.Runtime.Tests.PublicApi.TheSurface.SampleKind : byte
                One = 1
                Two = 2

            public readonly record struct Fusion.Runtime.Tests.PublicApi.TheSurface.SamplePoint
                SamplePoint(int X, float? Y)
                int X { get; init; }
                float? Y { get; init; }

            """.ReplaceLineEndings("\n")));
    }

#pragma warning disable CA1034, CA1815, CA1822, CA2225 // a type for every kind of line
    public enum SampleKind : byte
    {
        One = 1,
        Two = 2,
    }

    public readonly record struct SamplePoint(int X, float? Y);

    public sealed class Sample : IDisposable
    {
        public const int Limit = 3;

        public Sample(int count, string? name = null) => (Count, Name) = (count, name);

        public event EventHandler? Changed;

        public required int Count { get; set; }

        public string? Name { get; init; }

        public static Sample operator +(Sample left, Sample right) => left;

        public static explicit operator int(Sample value) => value.Count;

        public void Dispose() => Changed?.Invoke(this, EventArgs.Empty);

        public bool TryFind<T>(in int key, out T[]? found, params ReadOnlySpan<int> more)
            where T : unmanaged
        {
            found = null;
            return false;
        }
    }
#pragma warning restore CA1034, CA1815, CA1822, CA2225
}
