using Fusion.Gpu.Tests;
using Fusion.Graph;
using Fusion.Runtime;

namespace Fusion.Emulation.Tests.Ranks;

/// <summary>Custom ops that do the matmul ahead of them: <see cref="CustomOp.LaunchWithMatmul"/>.</summary>
public sealed class MatmulsWithTheOpBehindThem
{
    private const int Columns = 64;

    private int asked, launched;

    [SetUp]
    public void Begin()
    {
        asked = launched = 0;
        Emulator.Use(new());
    }

    [TearDown]
    public void Leave()
    {
        OpenGpus.Close();
        Emulator.Leave();
    }

    [TestCase(true, 0)]
    [TestCase(false, 1)]
    public void AreLaunchedOnceByTheOpOrOneAfterTheOther(bool does, int expected)
    {
        Run(Chain(Op(does), isMatmulAnOutput: false), rows: 3);
        Assert.That((asked, launched), Is.EqualTo((1, expected)));
    }

    [Test]
    public void AreNotOfferedWhereOthersReadTheMatmulOrItHasManyRows()
    {
        Run(Chain(Op(), isMatmulAnOutput: true), rows: 3);
        Run(Chain(Op(), isMatmulAnOutput: false), rows: 5);
        Assert.That((asked, launched), Is.EqualTo((0, 2)));
    }

    // A kernel may read a weight before those ahead of it have ended.
    [Test]
    public void AreNotOfferedWhereTheGraphMakesTheWeight()
    {
        var b = new GraphBuilder("chain");
        var product = b.Input("x", Columns, ElementType.Float16).Matmul(b.Weight("w", Columns, Columns).Cast(ElementType.Float16));
        Run(b.Output("y", product.Call(Op())).Build(), rows: 3);
        Assert.That((asked, launched), Is.EqualTo((0, 1)));
    }

    [Test]
    public void AreNotOfferedToAnOpThatTheOptionsReplace()
    {
        var replaced = 0;
        Run(Chain(Op(), isMatmulAnOutput: false), rows: 3, new Dictionary<string, Action<CustomLaunch>> { ["op"] = _ => replaced++ });
        Assert.That((asked, launched, replaced), Is.EqualTo((0, 0, 1)));
    }

    private static TensorGraph Chain(CustomOp op, bool isMatmulAnOutput)
    {
        var b = new GraphBuilder("chain");
        var product = b.Input("x", Columns).Matmul(b.Weight("w", Columns, Columns));
        var end = product.Call(op).Call(new CustomOp("after", types => [types[0]], _ => { }));
        if (isMatmulAnOutput) b.Output("product", product);
        return b.Output("y", end).Build();
    }

    private static void Run(TensorGraph graph, int rows, Dictionary<string, Action<CustomLaunch>>? customOps = null)
    {
        using var group = RankGroup.Loopback(1);
        using var compiled = graph.Compile(group, new() { MaxTokens = 8, Buckets = [], SkinnyRows = 4, CustomOps = customOps ?? [] });
        compiled.SetInput<BFloat16>(0, "x", new BFloat16[rows * Columns]);
        compiled.SetWeight<BFloat16>(0, "w", new BFloat16[Columns * Columns]);
        compiled.Run(rows);
    }

    private CustomOp Op(bool does = false) => new("op", types => [types[0]], _ => launched++)
    {
        LaunchWithMatmul = (launch, matmul) =>
        {
            Assert.That((launch.Inputs[0].Address, matmul.Output.Rows), Is.EqualTo((matmul.Output.Address, 3)));
            asked++;
            return does;
        },
    };
}
