using System.Runtime.InteropServices;
using Fusion.Interop;
using Fusion.Interop.Nvtx;

namespace Fusion.Runtime.Tests.Telemetry;

/// <summary>The ranges that Nsight Systems shows, written to a library of C# functions.</summary>
public sealed unsafe class RangesForProfilers
{
    private static readonly List<string> Names = [];
    private static readonly List<(string Name, ulong Tokens)> Pushed = [];
    private static int depth;
    private static bool isRecorded;

    [SetUp]
    public void UseTheManagedLibrary()
    {
        Names.Clear();
        Pushed.Clear();
        (depth, isRecorded) = (0, true);
        NvtxRanges.Use(new ManagedNvtx());
    }

    [TearDown]
    public void UseNone() => NvtxRanges.Use(null);

    [Test]
    public void AreAroundEachLaunchWithStrategyAndTokens()
    {
        using var op = new CpuOperation(2);

        op.Launch(0, tokens: 3);
        op.Operation.Prepare(1, op.Call(1, 3)).Launch();

        Assert.That(Pushed, Is.EqualTo(new[] { ("all-reduce one-shot", 3ul), ("all-reduce one-shot", 3ul) }));
        Assert.That(depth, Is.Zero, "each range was ended");
    }

    [Test]
    public void EndAlsoIfALaunchThrows()
    {
        using var op = new CpuOperation(2);
        op.Launch(0, tokens: 1);

        Assert.That(() => op.Launch(1, tokens: 2), Throws.TypeOf<RankGroupException>());

        Assert.That((Pushed.Count, depth), Is.EqualTo((2, 0)));
    }

    [Test]
    public void AllocateNothing()
    {
        using var op = new CpuOperation(2);
        for (var i = 0; i < 3; i++) op.LaunchAll();
        var call = op.Call(0);
        isRecorded = false;

        var before = GC.GetAllocatedBytesForCurrentThread();
        op.Operation.Launch(0, null, call);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.That(allocated, Is.Zero);
    }

    [Test]
    public void AreOffUnlessTheUserAsksForThem()
    {
        Assert.That(NvtxRanges.IsWanted(null), Is.False);
        Assert.That(NvtxRanges.IsWanted("0"), Is.False);
        Assert.That(NvtxRanges.IsWanted("1"));
        NvtxRanges.Use(null);
        using var op = new CpuOperation(2);
        op.LaunchAll();
        Assert.That(Pushed, Is.Empty);
    }

    [Test]
    public void NeedALibraryThatHasTheFunctions() =>
        Assert.That(() => NvtxLibrary.Of(new Nothing()), Throws.TypeOf<EntryPointNotFoundException>().With.Message.Contain("nvtxDomainCreateA"));

    private sealed class Nothing : IExportTable
    {
        public bool TryGet(string name, out nint address)
        {
            address = 0;
            return false;
        }
    }

    private sealed class ManagedNvtx : IExportTable
    {
        public bool TryGet(string name, out nint address)
        {
            address = name switch
            {
                "nvtxDomainCreateA" => (nint)(delegate* unmanaged<byte*, nint>)&Create,
                "nvtxDomainRegisterStringA" => (nint)(delegate* unmanaged<nint, byte*, nint>)&Register,
                "nvtxDomainRangePushEx" => (nint)(delegate* unmanaged<nint, byte*, int>)&Push,
                "nvtxDomainRangePop" => (nint)(delegate* unmanaged<nint, int>)&Pop,
                _ => 0,
            };
            return address != 0;
        }

        [UnmanagedCallersOnly]
        private static nint Create(byte* name) => Marshal.PtrToStringUTF8((nint)name) == "Fusion.Runtime" ? 7 : 0;

        [UnmanagedCallersOnly]
        private static nint Register(nint domain, byte* text)
        {
            Names.Add(Marshal.PtrToStringUTF8((nint)text)!);
            return domain == 7 ? 100 + Names.Count : 0;
        }

        // Offsets as in nvtxEventAttributes_t: version 0, size 2, type of the payload 16, payload 24, type of the message 32, message 40.
        [UnmanagedCallersOnly]
        private static int Push(nint domain, byte* attributes)
        {
            var isRight = domain == 7 && *(ushort*)(attributes + 2) == 48 && *(int*)(attributes + 16) == 1 && *(int*)(attributes + 32) == 3;
            if (isRecorded) Pushed.Add((isRight ? Names[(int)*(nint*)(attributes + 40) - 101] : "wrong", *(ulong*)(attributes + 24)));
            return depth++;
        }

        [UnmanagedCallersOnly]
        private static int Pop(nint domain) => domain == 7 ? --depth : 0;
    }
}
