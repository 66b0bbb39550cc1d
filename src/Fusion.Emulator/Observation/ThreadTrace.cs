using System.Globalization;
using System.Text;
using Fusion.Emulation.Machine;
using Fusion.Emulation.Ptx;

namespace Fusion.Emulation;

/// <summary>Writes what a thread does.</summary>
internal sealed unsafe class ThreadTrace(EmulatorTrace options, TextWriter writer, Warp warp, int lane)
{
    private readonly List<int> written = [];
    private readonly List<int> read = [];
    private long steps;
    private bool hasHead;
    private string values = "";

    private KernelCode Code => warp.Block.Grid.Code;

    public void Before(int pc, uint mask)
    {
        if ((mask >> lane & 1) == 0 || steps >= options.MaxSteps) return;
        Find(pc);
        values = Values(read, pc);
    }

    public void After(int pc, uint mask)
    {
        if ((mask >> lane & 1) == 0 || steps > options.MaxSteps) return;
        if (steps++ == options.MaxSteps)
        {
            Write($"  the trace of this launch ends: EmulatorTrace.MaxSteps is {options.MaxSteps}");
            return;
        }

        Find(pc);
        var results = Values(written, pc);
        Write(Line(pc) + (results.Length == 0 ? "" : $" -> {results}"));
    }

    public void Fail(int pc, KernelFaultException fault)
    {
        if (fault.Lane != lane) return;
        Find(pc);
        Write($"{Line(pc)} -> stopped: {fault.Message}");
    }

    private void Find(int pc)
    {
        written.Clear();
        read.Clear();
        var instruction = Code.Flat.Instructions[pc];
        RegisterUses.Add(instruction with { Ptx = instruction.Ptx with { Guard = -1 } }, written, read);
    }

    private string Line(int pc)
    {
        var instruction = Code.Flat.Instructions[pc];
        var source = instruction.Ptx.Source is { } place ? $"{Path.GetFileName(place.FileName)}:{place.Line}" : "";
        return $"{steps,6}  {instruction.Ptx.Line,5}  {source,-20}  {PtxText.Of(instruction)}{(values.Length == 0 ? "" : $"  {values}")}";
    }

    private void Write(string line)
    {
        lock (writer)
        {
            if (!hasHead)
            {
                hasHead = true;
                var (grid, block) = (warp.Block.Grid, warp.Block.Index);
                var thread = SpecialRegisters.ThreadOf(warp, lane);
                writer.WriteLine(
                    $"kernel {Code.Name}, launch {grid.Number}, GPU {grid.Gpu.Ordinal}, block ({block.X}, {block.Y}, {block.Z}), thread ({thread.X}, {thread.Y}, " +
                    $"{thread.Z}): step, line of the PTX, line of the source, instruction, what it reads -> what it writes");
            }

            writer.WriteLine(line);
        }
    }

    private string Values(List<int> registers, int pc)
    {
        var text = new StringBuilder();
        var frame = Code.Flat.Instructions[pc].Frame;
        foreach (var register in registers.Distinct())
            text.Append(text.Length == 0 ? "" : " ").Append(frame.Function.Registers[register - frame.RegisterBase].Name).Append('=').Append(Value(register));
        return text.ToString();
    }

    private string Value(int register)
    {
        var at = warp.Registers + Code.RegisterOffsets[register];
        return Code.Flat.Registers[register] switch
        {
            PtxType.Pred => (*(uint*)at >> lane & 1) != 0 ? "true" : "false",
            PtxType.F32 => ((float*)at)[lane].ToString("R", CultureInfo.InvariantCulture),
            PtxType.F64 => ((double*)at)[lane].ToString("R", CultureInfo.InvariantCulture),
            PtxType.F16 => ((Half*)at)[lane].ToString("R", CultureInfo.InvariantCulture),
            var type when type.Bytes() <= 2 => $"0x{((ushort*)at)[lane]:x4}",
            // Integers, addresses and the bits of floats are in registers of one type.
            var type when type.Bytes() == 4 => $"{((int*)at)[lane]} (0x{((uint*)at)[lane]:x8})",
            var type when type.Bytes() == 8 => $"0x{((ulong*)at)[lane]:x}",
            _ => $"0x{((UInt128*)at)[lane]:x}",
        };
    }
}
