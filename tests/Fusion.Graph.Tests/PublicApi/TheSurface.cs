using Fusion.Tests.Shared.PublicApi;

namespace Fusion.Graph.Tests.PublicApi;

/// <summary>What users see of Fusion.Graph changes only when somebody means it.</summary>
public sealed class TheSurface
{
    [Test]
    public void IsTheOneThatWasAccepted() =>
        AcceptedSurface.MustBe(typeof(TensorGraph).Assembly, "tests/Fusion.Graph.Tests/PublicApi/Fusion.Graph.txt");
}
