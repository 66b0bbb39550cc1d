using System.Reflection;
using System.Security.Cryptography;
using Fusion.Manifest;

namespace Fusion.Runtime.Tests.Modules;

/// <summary>Variables of modules that a driver of C# functions loads.</summary>
[NonParallelizable]
public sealed class VariablesOfModules
{
    private static readonly byte[] Code = [1, 2, 3, 4];

    private ManagedDriver driver = null!;
    private GpuContext context = null!;

    [SetUp]
    public void Open()
    {
        driver = new();
        context = GpuContext.Open();
        (ManagedDriver.Globals["weights"], ManagedDriver.Globals["_ZN4math5tableE"]) = (12, 32);
    }

    [TearDown]
    public void Close()
    {
        context.Dispose();
        driver.Dispose();
    }

    [Test]
    public void AreFoundByTheNameInTheSourceOrTheSymbol()
    {
        using var library = Load(Module("a", Variable("weights", "weights", 12), Variable("math::table", "_ZN4math5tableE", 32)));
        var weights = library.GetGlobal<float>("weights");

        weights.CopyFrom([1, 2, 3]);

        var read = new float[3];
        weights.CopyTo(read);
        Assert.That((weights.Length, read), Is.EqualTo((3, new float[] { 1, 2, 3 })));
        Assert.That(library.GetGlobal<double>("a", "math::table").Length, Is.EqualTo(4));
        Assert.That(library.GetGlobal<double>("_ZN4math5tableE").Length, Is.EqualTo(4));
        Assert.That(ManagedDriver.Faults, Is.Zero);
    }

    [Test]
    public void OfAManifestThatListsNoneAreFoundBySymbol()
    {
        using var library = Load(Module("a"));
        Assert.That(library.GetGlobal<float>("weights").Length, Is.EqualTo(3));
    }

    [Test]
    public void AreFilledInStreams()
    {
        using var library = Load(Module("a", Variable("weights", "weights", 12)));
        using var stream = new GpuStream(context);
        using var pinned = new PinnedBuffer<int>(context, 3);
        pinned.Span.Fill(7);
        var weights = library.GetGlobal<int>("weights");

        weights.Slice(1).CopyFrom(stream, pinned.Memory[1..]);
        weights.Slice(0, 1).FillBytes(stream, 0);

        var read = new int[3];
        weights.CopyTo(read);
        Assert.That(read, Is.EqualTo([0, 7, 7]));
    }

    [Test]
    public void OfAnUnknownNameSayWhatIsNearAndWhatIsThere()
    {
        using var library = Load(Module("a", Variable("weights", "weights", 12)));
        Assert.That(() => library.GetGlobal<float>("wieghts"), NotFound("Did you mean 'weights'?"));
        Assert.That(() => library.GetGlobal<float>("b", "weights"), NotFound("in the module 'b'. Did you mean 'a: weights'?"));
        Assert.That(() => library.GetGlobal<float>("zzzzzzzz"), NotFound("There is: weights."));
    }

    [Test]
    public void ThatSeveralModulesHaveNeedTheModule()
    {
        using var library = Load(Module("a", Variable("weights", "weights", 12)), Module("b", Variable("weights", "weights", 12)));
        Assert.That(() => library.GetGlobal<float>("weights"), NotFound("'a', 'b'").And.Message.Contains("GetGlobal<T>(\"a\", \"weights\")"));
        Assert.That(library.GetGlobal<float>("b", "weights").Length, Is.EqualTo(3));
    }

    [Test]
    public void MustBeAWholeNumberOfElements()
    {
        using var library = Load(Module("a", Variable("weights", "weights", 12)));
        Assert.That(() => library.GetGlobal<double>("weights"), Throws.TypeOf<FusionArgumentException>()
            .With.Property(nameof(FusionException.Code)).EqualTo("FUSION2017")
            .And.Message.Contains("has 12 bytes").And.Message.Contains("Double with 8 bytes"));
    }

    [Test]
    public void EndWithTheLibrary()
    {
        var library = Load(Module("a", Variable("weights", "weights", 12)));
        var weights = library.GetGlobal<float>("weights");

        library.Dispose();

        Assert.That(() => weights.CopyFrom([1]), Throws.TypeOf<ObjectDisposedException>().With.Message.Contains("library"));
        Assert.That(() => weights.Pointer, Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => library.GetGlobal<float>("weights"), Throws.TypeOf<ObjectDisposedException>());
        Assert.That((ManagedDriver.Live("module"), ManagedDriver.Live("global"), ManagedDriver.Faults), Is.EqualTo((0, 0, 0)));
    }

    [Test]
    public void AreNotFreedUnderACopy()
    {
        var library = Load(Module("a", Variable("weights", "weights", 12)));
        var weights = library.GetGlobal<float>("weights");
        using var isInside = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        ManagedDriver.BeforeCopy = () =>
        {
            isInside.Set();
            goOn.Wait();
        };
        var copy = Task.Run(() => weights.CopyFrom([1, 2, 3]));
        isInside.Wait();

        library.Dispose();

        Assert.That(ManagedDriver.Live("module"), Is.EqualTo(1), "the copy runs");
        goOn.Set();
        copy.Wait();
        Assert.That((ManagedDriver.Live("module"), ManagedDriver.Faults), Is.EqualTo((0, 0)));
    }

    [Test]
    public void HaveAccessorsForEachGpu()
    {
        var launchers = new KernelLaunchers(
            Assembly(Module("a", Variable("weights", "weights", 12))), [], [new("a", "weights", "float[3]", 4, 3), new("a", "gone", "int", 4, 1)]);
        var weights = new GlobalVariable<float>(launchers, 0);
        using var stream = new GpuStream(context);
        using var pinned = new PinnedBuffer<float>(context, 3);
        pinned.Span.Fill(5);

        weights.CopyFrom(stream, pinned.Memory);
        pinned.Span.Clear();
        weights.CopyTo(stream, pinned.Memory);

        Assert.That(pinned.Span.ToArray(), Is.EqualTo(new float[] { 5, 5, 5 }));
        Assert.That(ManagedDriver.Live("global"), Is.EqualTo(1), "the driver is asked once");
        Assert.That(() => new GlobalVariable<int>(launchers, 1).On(context), NotFound("'gone'"), "an #if left it out");
        launchers.Load(context).Dispose();
        Assert.That(weights.On(context).Length, Is.EqualTo(3), "it is loaded again");
    }

    [TestCase(4, 3, true)]
    [TestCase(4, 0, true)]
    [TestCase(4, 4, false)]
    [TestCase(8, 3, false)]
    [TestCase(8, 0, false)]
    public void AndAccessorsMustAgreeOnSizes(int elementSize, long count, bool agrees)
    {
        var launchers = new KernelLaunchers(
            Assembly(Module("a", Variable("weights", "weights", 12))), [], [new("a", "weights", "float[N]", elementSize, count)]);
        Assert.That(() => launchers.Load(context), agrees ? Throws.Nothing : Throws.TypeOf<KernelLoadException>()
            .With.Message.Contains("'float[N] weights'").And.Message.Contains("the variable has 12 bytes"));
    }

    private static NUnit.Framework.Constraints.ContainsConstraint NotFound(string text) =>
        Throws.TypeOf<FusionArgumentException>().With.Property(nameof(FusionException.Code)).EqualTo("FUSION2016")
            .And.Message.Contains(text);

    private static KernelVariable Variable(string name, string symbol, long size) =>
        new() { Name = name, Symbol = symbol, Kind = VariableKind.Constant, Type = "float[]", Size = size };

    private static KernelModule Module(string name, params KernelVariable[] variables) => Samples.Module(
        name,
        Samples.Image("sm_90", sha256: Convert.ToHexStringLower(SHA256.HashData(Code)), bytes: Code.Length) with
        {
            Resource = name,
            Kernels = [],
            Variables = variables,
        });

    private static Assembly Assembly(params KernelModule[] modules) =>
        KernelAssembly.With(Samples.Manifest(modules), modules.Select(module => (module.Name, Code)));

    private KernelLibrary Load(params KernelModule[] modules) => KernelLibrary.Load(Assembly(modules), context);
}
